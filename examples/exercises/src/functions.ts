// All that an answer may be written with, for pages that read answers as text.
export * as functions from '@pullback/core';
