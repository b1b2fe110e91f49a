// The entry that package.json names for Node is no ES module; this one is, and has no types of its own.
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export { WgslReflect } from 'wgsl_reflect';
}
