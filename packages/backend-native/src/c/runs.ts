/** Runs of 64 terms in order; their sums as a tree whose left side is the largest power of 2 of runs. Full runs wait on a stack. */
export function runs(suffix: string, type: string, zero: string): string {
  return `typedef struct { ${type} total; int64_t seen; int top; ${type} stack[34]; } runs_${suffix};
INLINE void start_${suffix}(runs_${suffix} *r) { r->total = ${zero}; r->seen = 0; r->top = 0; }
INLINE void add_run_${suffix}(runs_${suffix} *r, ${type} x) {
  r->total += x;
  if (++r->seen % 64 != 0) return;
  for (int64_t turns = r->seen / 64; turns % 2 == 0; turns /= 2) r->total = r->stack[--r->top] + r->total;
  r->stack[r->top++] = r->total;
  r->total = ${zero};
}
INLINE ${type} total_${suffix}(runs_${suffix} *r) {
  if (r->seen % 64 == 0 && r->top > 0) r->total = r->stack[--r->top];
  while (r->top > 0) r->total = r->stack[--r->top] + r->total;
  return r->total;
}`;
}
