// The kernel of UnifiedMemoryStreams; products.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 products.cu
// Each sum has one order and names its rounding, so that the host computes the same bits.

// result (n) = matrix (n x n, column by column) times vector (n), scaled. One thread a row.
extern "C" __global__ void product(
        const double *matrix, const double *vector, const double *scale, double *result, int n) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n) {
        double sum = 0.0;
        for (int column = 0; column < n; column++) {
            double factor = __dmul_rn(vector[column], scale[column]);
            sum = __fma_rn(matrix[(long long) column * n + row], factor, sum);
        }
        result[row] = sum;
    }
}
