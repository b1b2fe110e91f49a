import type { Code } from '../../encoding.ts';
import { types } from '../../encoding.ts';
import { branchIf, call, f32, f64, get, i32, loop, set, tee } from '../../instructions.ts';
import type { ScalarCode, ScalarWriter } from './scalar-code.ts';

const x = get(0);
const number = f64.const;
const twoOverRootPi = 1.1283791670955126;

/** erf x, as core/elementary/erf.ts. */
export const erf: ScalarCode = {
  parameters: 1,
  write: (scalar) => {
    scalar.returnWhen(i32.or(f64.eq(x, number(0)), f64.ne(x, x)), x);
    const z = scalar.keep(f64.abs(x));
    scalar.returnWhen(f64.ge(z, number(6)), f64.copysign(number(1), x));
    const size = scalar.either(
      f64.lt(z, number(2)),
      () => series(scalar, z),
      () => f64.sub(number(1), complement(scalar, z)),
    );
    return f64.copysign(size, x);
  },
};

function series(scalar: ScalarWriter, z: Code): Code {
  const twice = scalar.keep(f64.mul(f64.mul(number(2), z), z));
  const sum = fromLastTerm(scalar, number(1), (k, sum) => {
    const quotient = f64.div(twice, f64.add(f64.mul(number(2), k), number(1)));
    return f64.add(number(1), f64.mul(quotient, sum));
  });
  return f64.mul(f64.mul(f64.mul(number(twoOverRootPi), expOfMinusSquare(scalar, z)), z), sum);
}

function complement(scalar: ScalarWriter, z: Code): Code {
  const fraction = fromLastTerm(scalar, z, (k, fraction) =>
    f64.add(z, f64.div(f64.div(k, number(2)), fraction)),
  );
  return f64.mul(f64.div(expOfMinusSquare(scalar, z), fraction), number(twoOverRootPi / 2));
}

/** From `first`, y = step(k, y) for k = 60, 59, ... 1. */
function fromLastTerm(scalar: ScalarWriter, first: Code, step: (k: Code, y: Code) => Code): Code {
  const [k, y] = [scalar.locals.make(types.f64), scalar.locals.make(types.f64)];
  const next = f64.sub(get(k), number(1));
  scalar.statements.push(
    set(k, number(60)),
    set(y, first),
    loop(set(y, step(get(k), get(y))), branchIf(0, f64.ge(tee(k, next), number(1)))),
  );
  return get(y);
}

function expOfMinusSquare(scalar: ScalarWriter, z: Code): Code {
  const exp = scalar.indexOf('exp');
  const a = scalar.keep(f64.promoteF32(f32.demoteF64(z)));
  const rest = f64.mul(f64.neg(f64.sub(z, a)), f64.add(z, a));
  return f64.mul(call(exp, f64.mul(f64.neg(a), a)), call(exp, rest));
}
