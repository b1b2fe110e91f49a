// The corpus of backends: every wrong one is caught, by the case that says what is wrong; the unusual ones pass every case.
import { type Case, ConformanceError, conformBackend } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { unusualBackends } from './corpus/unusual-backends.ts';
import { wrongKernels } from './corpus/wrong-kernels.ts';
import { wrongLives } from './corpus/wrong-lives.ts';

/** The case that finds each: of well over a thousand, this one alone is run here. */
const foundBy: Readonly<Record<string, string>> = {
  'windows that ignore their step': 'windows of float32[2, 3]',
  'windows that are turned round': 'windows of float32[2, 3]',
  'windows one place too late': 'windows of float32[2, 3]',
  'the matrices of a batch in the other order': 'batched matmul of float32[2, 3, 2]',
  'argmax of bytes is 0': 'argmax of rows of uint8',
  'argmax of bools is the last': 'argmax of rows of bool',
  'argmax takes the last of equals': 'the largest of equals, special numbers of float32',
  'the last of 70 elements is lost': 'exp of float32[70]',
  'the last of 65,537 is lost': 'functions of 65535 and 65537 float32',
  'the last of more than 65,536 is lost in a sum': 'sums of float32',
  'rows of 65 are cut at 64': 'products of many sizes are within the bound of their sums',
  'one more than 128 elements is lost': 'functions of 63, 65, 127, 129, 255, 257, 1023, 1025 float32',
  'one less than 256 elements': 'functions of 63, 65, 127, 129, 255, 257, 1023, 1025 float32',
  'x x is x': 'five steps of training, with donated weights',
  'x - x is not 0 for infinity': 'softmax of float32[17, 5]',
  'the negative of the least integer is the largest': 'functions of int32[17, 5]: those of int32[17, 5]',
  'the least integer by -1 is 0': 'div of every pair of special numbers of int32',
  'the max of the least integer alone is 0': 'the largest of equals, special numbers of int32',
  'a pad of NaN is 0': 'pad with NaN of special numbers of float32',
  'a pad of -0 is 0': 'pad with -0 of special numbers of float32',
  'a fill of -0 is 0': 'fill with -0 of special numbers of float32',
  'the negative of 0 is 0': 'functions of float32[17, 5]: those of float32[17, 5]',
  'the max of a row drops its NaN': 'functions of float32[17, 5]: those of float32[17, 5]',
  'the smaller of -0 and 0 is 0': 'functions of float32[17, 5]: those of float32[17, 5] and float32[17, 5]',
  'the sign of -0': 'ceil of float32[2, 3]',
  'sums of integers saturate': 'sub of int32[2, 3]',
  'a total of integers in float32': 'sum of int32[2, 3]',
  'a cast to bool keeps the number': 'cast to bool of float32[2, 3]',
  'a cast of half to bool is false': 'cast to bool of float32[2, 3]',
  'a cast of NaN to bool is false': 'functions of float32[17, 5]: those of float32[17, 5]',
  'a cast to int32 rounds': 'cast to int32 of float32[2, 3]',
  'a cast to int32 saturates': 'functions of float32[17, 5]: those of float32[17, 5]',
  'a cast to bytes is clamped': 'cast to uint8 of float32[2, 3]',
  'of nine parts the last is lost': 'parts of float32[4, 5]',
  'a scatter by two index axes uses the first': 'places of float32[4, 5] by indices of 2 axes',
  'a gather by two index axes past its first row':
    'functions of float32[17, 5]: those of float32[17, 5] and int32[2, 2]',
  'an index below 0 counts from the end': 'places of float32[4, 5] by indices of 2 axes',
  'what is named twice is added once': 'functions of float32[17, 5]: those of float32[17, 5] and int32[17]',
  'of several axes one is flipped': 'an input that is written over is read whole by everything before',
  'steps of several axes: the first alone': 'movements of float32[4, 5]',
  'places between on several axes: the last alone': 'movements of float32[4, 5]',
  'six axes transposed': 'movements of float32[2, 3, 1, 2, 2, 2]',
  'a middle axis broadcast in rank 4': 'broadcast to one axis more of float32[2, 3, 2]',
  'a sum along two axes that are not neighbours': 'sum over the outer axes of float32[2, 3, 2]',
  'bytes counted past 255': 'functions of 63, 65, 127, 129, 255, 257, 1023, 1025 uint8',
  'a bool of iota that is 2': 'less of float32[2, 3]',
  'the second word of random bits': 'random numbers and derived keys',
  'an inner extent of 33 and more is cut in a product':
    'products of many sizes are within the bound of their sums',
  'a product of 17 rows': 'products of many sizes are within the bound of their sums',
  'batches of products beyond the second': 'product of float32[2, 1, 17, 4] and float32[3, 4, 2]',
  'halves are rounded away from 0': 'round of float32[2, 3]',
  'NaN equals itself': 'one Value twice, special numbers of float32',
  'remainders of the sign of the first': 'mod of float32[2, 3]',
  'float64 by way of float32': 'transpose of float64[2, 3]',
  'float32 tiny numbers are 0': 'ceil of float32[2, 3]',
  'a select of one Value twice': 'one Value twice, special numbers of float32',
};

async function firstFinding(cases: readonly Case[]): Promise<unknown> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error;
    }
  return undefined;
}

describe('wrong kernels', () => {
  for (const [name, make] of Object.entries(wrongKernels))
    test(`caught: ${name}`, async () => {
      const wanted = `corpus: ${foundBy[name]}`;
      const cases = conformBackend(make).filter((each) => each.name === wanted);
      expect(cases.length).toBe(1);
      const found = await firstFinding(cases);
      expect(found).toBeInstanceOf(ConformanceError);
      expect(String(found)).toMatch(/expected .+, got .+/);
    });
});

// Those that lose track are found by the cases about that, which come before and after all probes.
const isProbe =
  /special numbers|\[|functions of|parts of|places of|movements|sums of|largest|rows and columns|product of|random numbers/;
describe('wrong lives', () => {
  for (const [name, make] of Object.entries(wrongLives))
    test(`caught: ${name}`, async () => {
      const found = await firstFinding(conformBackend(make).filter((each) => !isProbe.test(each.name)));
      expect(found).toBeInstanceOf(ConformanceError);
    });
});

// What is not about numbers, and every fifth probe.
describe('unusual ones', () => {
  Object.entries(unusualBackends).forEach(([name, make], n) => {
    test(`passes: ${name}`, { timeout: 60_000 }, async () => {
      const cases = conformBackend(make).filter((each, i) => !isProbe.test(each.name) || i % 5 === n % 5);
      expect(await firstFinding(cases)).toBeUndefined();
    });
  });
});
