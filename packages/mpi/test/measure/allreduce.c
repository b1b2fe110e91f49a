// Sums 10^7 floats, 40 MB, over all ranks: by one blocking call; by non-blocking ones of 2^20 numbers, one after the other.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, n = 10000000, rounds = argc > 1 ? atoi(argv[1]) : 20;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  float *x = malloc(4L * n);
  for (int i = 0; i < n; i++) x[i] = 0;
  for (int r = 0; r < rounds; r++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double t = MPI_Wtime();
    MPI_Allreduce(MPI_IN_PLACE, x, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double whole = MPI_Wtime() - t;
    MPI_Barrier(MPI_COMM_WORLD);
    t = MPI_Wtime();
    for (int at = 0; at < n; at += 1 << 20) {
      MPI_Request q;
      int k = n - at < 1 << 20 ? n - at : 1 << 20;
      MPI_Iallreduce(MPI_IN_PLACE, x + at, k, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &q);
      MPI_Wait(&q, MPI_STATUS_IGNORE);
    }
    if (rank == 0) printf("c %.2f %.2f\n", whole * 1e3, (MPI_Wtime() - t) * 1e3);
  }
  MPI_Finalize();
}
