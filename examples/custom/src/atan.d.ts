import { type Value } from 'pullback';
export declare function atan(x: Value): Value;
//# sourceMappingURL=atan.d.ts.map