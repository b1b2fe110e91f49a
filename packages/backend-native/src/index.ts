export { type NativeOptions, native } from './native-backend.ts';
