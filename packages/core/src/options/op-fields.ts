import { type DType, dtypes, type FloatDType } from '../tensors/dtype.ts';
import { either, flag, list, oneOf, whole } from './field.ts';

/** The options of ops that go along one axis. */
export const axisFields = { axis: whole() };

/** The options of ops that go over one axis or several. */
export const reductionFields = { axis: either(whole(), list(whole())), keepAxis: flag() };

export const keptAxisFields = { ...axisFields, keepAxis: flag() };

/** The options of ops that make numbers of a dtype. */
export const dtypeFields = { dtype: oneOf<DType>(...dtypes) };
export const floatFields = { dtype: oneOf<FloatDType>('float32', 'float64') };
