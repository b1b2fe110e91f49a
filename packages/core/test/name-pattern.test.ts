import { namePattern, OptionError, pathFilter } from '@pullback/core';
import { describe, expect, test } from 'vitest';

describe('patterns of names', () => {
  const cases: readonly (readonly [string, string, object | undefined])[] = [
    ['a/b', 'a/b', {}],
    ['a/b', 'a/bc', undefined],
    ['a.b', 'axb', undefined],
    ['a/*/c', 'a/b/c', {}],
    ['a/*/c', 'a/b/b/c', undefined],
    ['a.*', 'a.b.c', undefined],
    ['*', '', {}],
    ['**', 'a/b.c', {}],
    ['**/kernel', 'network/0/kernel', {}],
    ['**/kernel', 'kernel', undefined],
    ['layer.{i}.w', 'layer.12.w', { i: '12' }],
    ['block{i}/*', 'block3/x', { i: '3' }],
    ['{i}', '', undefined],
    ['{i}.{i}', '1.1', { i: '1' }],
    ['{i}.{i}', '1.2', undefined],
    ['{i}/{j}', '1/2', { i: '1', j: '2' }],
    ['a+(b)[c]^$|\\', 'a+(b)[c]^$|\\', {}],
    ['*', 'a\nb', {}],
  ];
  for (const [pattern, name, found] of cases)
    test(`${pattern} of ${JSON.stringify(name)}`, () => {
      expect(namePattern(pattern)(name)).toEqual(found);
    });

  test('a brace alone, or around no name, is refused', () => {
    for (const wrong of ['{', 'a}', '{}', '{1}', '{a b}', '{*}', '{{a}}'])
      expect(() => namePattern(wrong), wrong).toThrow(OptionError);
  });

  test('paths are those of a pattern, of one of several, of a function', () => {
    const names = ['a', 'b', 'c'];
    expect(names.map(pathFilter('a'))).toEqual([true, false, false]);
    expect(names.map(pathFilter(['a', 'c']))).toEqual([true, false, true]);
    expect(names.map(pathFilter([]))).toEqual([false, false, false]);
    const filter = pathFilter(['a', 'd', '*']);
    expect(filter.unused()).toEqual(['a', 'd', '*']);
    names.map(filter);
    expect(filter.unused()).toEqual(['d']);
    expect(names.map(pathFilter((name) => name > 'a'))).toEqual([false, true, true]);
  });
});
