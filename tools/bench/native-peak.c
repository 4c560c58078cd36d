// The processor's own peak of separate f32 multiplications and additions, 256 bits wide, on all cores, in GFLOP/s: what a
// software driver, which lowers multiply-add to the two, could reach at most.
//
// Twelve independent accumulators hide the latency of both instructions. Built with -ffp-contract=off, so that the compiler
// does not fuse the pair; KEEP makes it believe that a register is used, so that it leaves nothing out. Prints the best of
// several runs.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef float wide __attribute__((vector_size(32)));
typedef float half __attribute__((vector_size(16), may_alias));

enum { ROUNDS = 12000000, RUNS = 10, ACCUMULATORS = 12, LANES = 8 };

#if defined(__x86_64__)
#define KEEP(value) __asm__ volatile("" : "+x"(value))
#elif defined(__aarch64__)
#define KEEP(value) __asm__ volatile("" : "+w"(((half *)&value)[0]), "+w"(((half *)&value)[1]))
#else
#define KEEP(value) __asm__ volatile("" : "+m"(value))
#endif
#define STEP(a) a = a * x + y; KEEP(a)

static volatile float sink;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static wide filled(float value) {
  return (wide){value, value, value, value, value, value, value, value};
}

static void *work(void *unused) {
  (void)unused;
  wide a0 = filled(1.00f), a1 = filled(1.01f), a2 = filled(1.02f), a3 = filled(1.03f), a4 = filled(1.04f), a5 = filled(1.05f);
  wide a6 = filled(1.06f), a7 = filled(1.07f), a8 = filled(1.08f), a9 = filled(1.09f), a10 = filled(1.10f), a11 = filled(1.11f);
  const wide x = filled(0.9999999f), y = filled(1e-7f);
  for (long n = 0; n < ROUNDS; n++) {
    STEP(a0); STEP(a1); STEP(a2); STEP(a3); STEP(a4); STEP(a5);
    STEP(a6); STEP(a7); STEP(a8); STEP(a9); STEP(a10); STEP(a11);
  }
  const wide sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11;
  sink = sum[0];
  return NULL;
}

int main(void) {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_t *threads = calloc(cores, sizeof *threads);
  double best = 1e30;
  for (int run = 0; run < RUNS; run++) {
    const double start = seconds();
    for (long i = 0; i < cores; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (long i = 0; i < cores; i++) pthread_join(threads[i], NULL);
    const double taken = seconds() - start;
    if (taken < best) best = taken;
  }
  printf("%.2f\n", 2.0 * cores * ROUNDS * ACCUMULATORS * LANES / best / 1e9);
  return 0;
}
