import { crewHead, patience } from './crew.ts';

/** A kernel by the hands of threads that do a step together: all do their shares of its units, or the first one all, and they meet before and behind what is divided. */
export const handSource = `${patience}
${crewHead}
struct job {
  const int64_t *script;
  int64_t count, times, scratch_bytes;
  char *scratch;
  int threads, arrived, phase;
  pthread_mutex_t mutex;
  pthread_cond_t passed;
};
static void meet(struct job *j) {
  int phase = __atomic_load_n(&j->phase, __ATOMIC_SEQ_CST);
  if (__atomic_add_fetch(&j->arrived, 1, __ATOMIC_SEQ_CST) == j->threads) {
    __atomic_store_n(&j->arrived, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&j->mutex);
    __atomic_store_n(&j->phase, phase + 1, __ATOMIC_SEQ_CST);
    pthread_cond_broadcast(&j->passed);
    pthread_mutex_unlock(&j->mutex);
    return;
  }
  WAIT_UNTIL(__atomic_load_n(&j->phase, __ATOMIC_SEQ_CST) != phase)
  if (__atomic_load_n(&j->phase, __ATOMIC_SEQ_CST) != phase) return;
  pthread_mutex_lock(&j->mutex);
  while (j->phase == phase) pthread_cond_wait(&j->passed, &j->mutex);
  pthread_mutex_unlock(&j->mutex);
}
/* A thread in a step: whether what it did last was divided. */
struct hand {
  struct job *job;
  char *scratch;
  int thread, before;
};
static void begin(struct hand *h, int divided) {
  if (divided || h->before) meet(h->job);
  h->before = divided;
}
static void part(struct hand *h, void (*kernel)(char *const *, int64_t, int64_t, char *), char *const *buffers, int64_t from, int64_t to, int divided) {
  begin(h, divided);
  if (divided) {
    int64_t units = to - from, threads = h->job->threads;
    to = from + units * (h->thread + 1) / threads;
    from += units * h->thread / threads;
    if (from < to) kernel(buffers, from, to, h->scratch);
  } else if (h->thread == 0) kernel(buffers, from, to, h->scratch);
}
static inline __attribute__((unused)) void copy(struct hand *h, char *to, const char *from, int64_t bytes) {
  begin(h, 0);
  if (h->thread == 0) memcpy(to, from, (size_t)bytes);
}`;

/** A step by several threads. Of five numbers of the script the last says what is divided, or gone through by all. */
export const togetherSource = `static void work(void *given, int thread) {
  struct job *j = given;
  struct hand hand = {j, j->scratch + thread * j->scratch_bytes, thread, 0};
  for (int64_t t = 0; t < j->times; t++)
    for (const int64_t *s = j->script; s < j->script + 5 * j->count; s += 5) {
      char *const *buffers = (char *const *)(intptr_t)s[1];
      if (s[0] < 0) copy(&hand, (char *)(intptr_t)s[1], (const char *)(intptr_t)s[2], s[3]);
      else if (s[4] != 0 && together_of[s[0]]) together_of[s[0]](buffers, &hand);
      else part(&hand, kernels[s[0]], buffers, s[2], s[3], s[4] != 0);
    }
}
SEEN void together(const int64_t *script, int64_t count, int64_t scratch, int64_t scratch_bytes, int64_t times, int64_t given) {
  struct crew *crew = (struct crew *)(intptr_t)given;
  struct job j = {script, count, times, scratch_bytes, (char *)(intptr_t)scratch, crew->threads, 0, 0};
  pthread_mutex_init(&j.mutex, 0);
  pthread_cond_init(&j.passed, 0);
  crew->run(crew, work, &j);
  pthread_cond_destroy(&j.passed);
  pthread_mutex_destroy(&j.mutex);
}`;
