import { crewHead, patience } from './crew.ts';

/**
 * A step by several threads: each does its share of the units of kernels that are divided, the first one does all others, and they meet before and behind what
 * is divided. Of five numbers of the script the last says which is which.
 */
export const togetherSource = `${patience}
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
static void work(void *given, int thread) {
  struct job *j = given;
  int before = 0;
  for (int64_t t = 0; t < j->times; t++)
    for (const int64_t *s = j->script; s < j->script + 5 * j->count; s += 5) {
      int divided = s[4] != 0;
      if (divided || before) meet(j);
      before = divided;
      if (divided) {
        int64_t from = s[2] + (s[3] - s[2]) * thread / j->threads, to = s[2] + (s[3] - s[2]) * (thread + 1) / j->threads;
        if (from < to) kernels[s[0]]((char *const *)(intptr_t)s[1], from, to, j->scratch + thread * j->scratch_bytes);
      } else if (thread == 0) one(s, j->scratch);
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
