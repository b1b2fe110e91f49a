export { type CsvOptions, readCsv, type Table } from './csv.ts';
export { readIdx } from './idx.ts';
export { oneHotOf } from './one-hot.ts';
export { argmaxOf, rowsOf } from './rows.ts';
export { type SplitOptions, splitData } from './split.ts';
export { type Standardizer, standardizer } from './standardizer.ts';
