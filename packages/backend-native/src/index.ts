export { exportC } from './export.ts';
export { NativeBackend, type NativeOptions, native } from './native-backend.ts';
export { whyNoNative } from './why-no-native.ts';
