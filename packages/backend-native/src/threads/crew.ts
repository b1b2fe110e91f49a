import type { Koffi } from '../toolchain/library.ts';

/** The head of a crew's struct in C, which a step knows. */
export const crewHead = [
  'struct crew {',
  '  void (*run)(struct crew *, void (*work)(void *, int), void *);',
  '  int threads;',
  '};',
].join('\n');

/** How long a thread looks for what it waits for before it sleeps: at first for itself, then giving its processor to who wants it. */
export const patience = [
  '#include <pthread.h>',
  '#include <sched.h>',
  '#if defined(__x86_64__) || defined(__i386__)',
  '#define PAUSE __builtin_ia32_pause()',
  '#else',
  '#define PAUSE __asm__ volatile("" ::: "memory")',
  '#endif',
  '#define WAIT_UNTIL(condition) \\',
  '  for (int i = 0; i < 200 && !(condition); i++) { if (i < 100) PAUSE; else sched_yield(); }',
].join('\n');

/** Threads that take part in steps and sleep between them. One object serves all Programs of a backend; the process ends without asking them. */
export const crewSource = `#define _GNU_SOURCE
${patience}
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
${crewHead}
struct own {
  struct crew head;
  pthread_mutex_t mutex;
  pthread_cond_t begun, done;
  void (*work)(void *, int);
  void *given;
  int64_t jobs;
  int left, ended, next;
};
static void *take_part(void *given) {
  struct own *crew = given;
  int thread = __atomic_add_fetch(&crew->next, 1, __ATOMIC_SEQ_CST);
  for (int64_t seen = 0;;) {
    WAIT_UNTIL(__atomic_load_n(&crew->jobs, __ATOMIC_SEQ_CST) != seen)
    pthread_mutex_lock(&crew->mutex);
    while (crew->jobs == seen && !crew->ended) pthread_cond_wait(&crew->begun, &crew->mutex);
    if (crew->ended) break;
    seen = crew->jobs;
    pthread_mutex_unlock(&crew->mutex);
    crew->work(crew->given, thread);
    pthread_mutex_lock(&crew->mutex);
    __atomic_sub_fetch(&crew->left, 1, __ATOMIC_SEQ_CST);
    if (crew->left == 0) pthread_cond_signal(&crew->done);
    pthread_mutex_unlock(&crew->mutex);
  }
  int last = --crew->left == 0;
  pthread_mutex_unlock(&crew->mutex);
  if (last) free(crew);
  return 0;
}
static void run(struct crew *head, void (*work)(void *, int), void *given) {
  struct own *crew = (struct own *)head;
  pthread_mutex_lock(&crew->mutex);
  crew->work = work;
  crew->given = given;
  crew->left = head->threads - 1;
  __atomic_add_fetch(&crew->jobs, 1, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&crew->begun);
  pthread_mutex_unlock(&crew->mutex);
  work(given, 0);
  WAIT_UNTIL(__atomic_load_n(&crew->left, __ATOMIC_SEQ_CST) == 0)
  pthread_mutex_lock(&crew->mutex);
  while (crew->left > 0) pthread_cond_wait(&crew->done, &crew->mutex);
  pthread_mutex_unlock(&crew->mutex);
}
#define SEEN __attribute__((visibility("default")))
/* As many threads as could be begun, this one among them; 0 where memory is short. */
SEEN int64_t crew_start(int64_t threads) {
  /* Threads are in this object until the process ends: whoever closes it must not take it away. */
  Dl_info self;
  if (!dladdr((void *)(intptr_t)crew_start, &self) || !dlopen(self.dli_fname, RTLD_NOW)) return 0;
  struct own *crew = calloc(1, sizeof *crew);
  if (!crew) return 0;
  pthread_mutex_init(&crew->mutex, 0);
  pthread_cond_init(&crew->begun, 0);
  pthread_cond_init(&crew->done, 0);
  crew->head.run = run;
  crew->head.threads = 1;
  for (int64_t i = 1; i < threads; i++) {
    pthread_t thread;
    if (pthread_create(&thread, 0, take_part, crew)) break;
    pthread_detach(thread);
    crew->head.threads++;
  }
  return (int64_t)(intptr_t)crew;
}
SEEN int64_t crew_size(int64_t given) { return ((struct crew *)(intptr_t)given)->threads; }
SEEN void crew_end(int64_t given) {
  struct own *crew = (struct own *)(intptr_t)given;
  pthread_mutex_lock(&crew->mutex);
  crew->ended = 1;
  crew->left = crew->head.threads - 1;
  pthread_cond_broadcast(&crew->begun);
  pthread_mutex_unlock(&crew->mutex);
}
`;

/** The threads of a backend. */
export class Crew {
  readonly threads: number;
  readonly #end: (crew: number) => unknown;
  #ended = false;

  private constructor(
    readonly address: number,
    size: (crew: number) => unknown,
    end: (crew: number) => unknown,
  ) {
    this.threads = Number(size(address));
    this.#end = end;
  }

  /** @param path of the shared object of `crewSource`. */
  static start(koffi: Koffi, path: string, threads: number): Crew | undefined {
    const library = koffi.load(path);
    const address = Number(library.func('int64_t crew_start(int64_t threads)')(threads));
    if (address === 0) return undefined;
    return new Crew(
      address,
      library.func('int64_t crew_size(int64_t crew)'),
      library.func('void crew_end(int64_t crew)'),
    );
  }

  end(): void {
    if (!this.#ended) this.#end(this.address);
    this.#ended = true;
  }
}
