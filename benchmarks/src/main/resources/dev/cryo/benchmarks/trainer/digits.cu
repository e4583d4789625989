// Kernels of the digits trainer. digits.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 digits.cu
// Every operation names its rounding and every sum has one fixed order, so the trained weights are the same bit for bit
// from run to run, and on every device that computes IEEE 754 single precision (no approximate instruction, no atomics).

#define TILE 16
#define WARP 32
#define FULL 0xffffffffu

// C (m x n) = A (m x k) * B (k x n), row-major. TA: A is stored k x m. TB: B is stored n x k.
// Each element of C is summed in ascending k by fused multiply-adds.
template <bool TA, bool TB>
__device__ __forceinline__ void product(const float* a, const float* b, float* c, int m, int n, int k) {
    __shared__ float tileA[TILE][TILE + 1];
    __shared__ float tileB[TILE][TILE + 1];
    int tx = threadIdx.x;
    int ty = threadIdx.y;
    int row0 = blockIdx.y * TILE;
    int col0 = blockIdx.x * TILE;
    float sum = 0.0f;
    for (int base = 0; base < k; base += TILE) {
        if (TA) {
            // tx runs along the stored row, so that a warp reads consecutive addresses.
            int kk = base + ty;
            int row = row0 + tx;
            tileA[tx][ty] = kk < k && row < m ? a[kk * m + row] : 0.0f;
        } else {
            int row = row0 + ty;
            int kk = base + tx;
            tileA[ty][tx] = kk < k && row < m ? a[row * k + kk] : 0.0f;
        }
        if (TB) {
            int col = col0 + ty;
            int kk = base + tx;
            tileB[tx][ty] = kk < k && col < n ? b[col * k + kk] : 0.0f;
        } else {
            int kk = base + ty;
            int col = col0 + tx;
            tileB[ty][tx] = kk < k && col < n ? b[kk * n + col] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < TILE; i++) {
            sum = __fmaf_rn(tileA[ty][i], tileB[i][tx], sum);
        }
        __syncthreads();
    }
    int row = row0 + ty;
    int col = col0 + tx;
    if (row < m && col < n) {
        c[row * n + col] = sum;
    }
}

extern "C" __global__ void product_nn(const float* a, const float* b, float* c, int m, int n, int k) {
    product<false, false>(a, b, c, m, n, k);
}

extern "C" __global__ void product_tn(const float* a, const float* b, float* c, int m, int n, int k) {
    product<true, false>(a, b, c, m, n, k);
}

extern "C" __global__ void product_nt(const float* a, const float* b, float* c, int m, int n, int k) {
    product<false, true>(a, b, c, m, n, k);
}

extern "C" __global__ void add_bias(float* z, const float* bias, int rows, int cols) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * cols) {
        z[i] = __fadd_rn(z[i], bias[i % cols]);
    }
}

extern "C" __global__ void add_bias_relu(float* z, const float* bias, int rows, int cols) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < rows * cols) {
        float v = __fadd_rn(z[i], bias[i % cols]);
        z[i] = v > 0.0f ? v : 0.0f;
    }
}

extern "C" __global__ void relu_backward(float* gradient, const float* activation, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count && !(activation[i] > 0.0f)) {
        gradient[i] = 0.0f;
    }
}

// out[col] = sum over the rows, in ascending order.
extern "C" __global__ void column_sums(const float* a, float* out, int rows, int cols) {
    int col = blockIdx.x * blockDim.x + threadIdx.x;
    if (col < cols) {
        float sum = 0.0f;
        for (int row = 0; row < rows; row++) {
            sum = __fadd_rn(sum, a[row * cols + col]);
        }
        out[col] = sum;
    }
}

// e to the power x for x <= 0, by reduction to |r| <= ln(2)/2 and a polynomial; relative error below 4e-7, 0 below -87.
__device__ __forceinline__ float exponential(float x) {
    if (x < -87.0f) {
        return 0.0f;
    }
    // Adding 1.5 * 2^23 rounds to the nearest integer.
    float n = __fadd_rn(__fmaf_rn(x, 1.44269504f, 12582912.0f), -12582912.0f);
    float r = __fmaf_rn(n, -0.693145752f, x);
    r = __fmaf_rn(n, -1.42860677e-6f, r);
    float p = 1.38888889e-3f;
    p = __fmaf_rn(p, r, 8.33333333e-3f);
    p = __fmaf_rn(p, r, 4.16666667e-2f);
    p = __fmaf_rn(p, r, 0.166666667f);
    p = __fmaf_rn(p, r, 0.5f);
    p = __fmaf_rn(p, r, 1.0f);
    p = __fmaf_rn(p, r, 1.0f);
    return __fmul_rn(p, __int_as_float(((int) n + 127) << 23));
}

// Natural logarithm for 1 <= x <= 32: x = 2^e * m with m in [1, 2), then 2 * artanh((m - 1) / (m + 1)); error below 1e-6.
__device__ __forceinline__ float logarithm(float x) {
    int bits = __float_as_int(x);
    float e = (float) ((bits >> 23) - 127);
    float m = __int_as_float((bits & 0x7fffff) | 0x3f800000);
    float s = __fdiv_rn(__fadd_rn(m, -1.0f), __fadd_rn(m, 1.0f));
    float q = __fmul_rn(s, s);
    float p = 0.0909090909f;
    p = __fmaf_rn(p, q, 0.111111111f);
    p = __fmaf_rn(p, q, 0.142857143f);
    p = __fmaf_rn(p, q, 0.2f);
    p = __fmaf_rn(p, q, 0.333333333f);
    p = __fmaf_rn(p, q, 1.0f);
    return __fmaf_rn(e, 0.693147181f, __fmul_rn(__fadd_rn(s, s), p));
}

__device__ __forceinline__ float warp_sum(float v) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        v = __fadd_rn(v, __shfl_down_sync(FULL, v, offset));
    }
    return v;
}

__device__ __forceinline__ float warp_max(float v) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        v = fmaxf(v, __shfl_down_sync(FULL, v, offset));
    }
    return v;
}

// One warp a row, one lane a class (at most 32): the mean gradient of softmax with cross-entropy, and the row's loss.
extern "C" __global__ void softmax_cross_entropy(
        const float* logits, const int* labels, float* gradient, float* rowLoss, int rows, int classes) {
    int lane = threadIdx.x % WARP;
    int row = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
    if (row >= rows) {
        return;
    }
    int label = labels[row];
    float v = lane < classes ? logits[row * classes + lane] : -__int_as_float(0x7f800000);
    float top = __shfl_sync(FULL, warp_max(v), 0);
    float shifted = __fsub_rn(v, top);
    float e = lane < classes ? exponential(shifted) : 0.0f;
    float sum = __shfl_sync(FULL, warp_sum(e), 0);
    float labelShifted = __shfl_sync(FULL, shifted, label);
    if (lane < classes) {
        float target = lane == label ? 1.0f : 0.0f;
        gradient[row * classes + lane] = __fdiv_rn(__fsub_rn(__fdiv_rn(e, sum), target), (float) rows);
    }
    if (lane == 0) {
        rowLoss[row] = __fsub_rn(logarithm(sum), labelShifted);
    }
}

// total[0] += sum of values[0 .. count), by one block of 256 threads.
extern "C" __global__ void add_total(const float* values, int count, float* total) {
    __shared__ float partial[WARP];
    float sum = 0.0f;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        sum = __fadd_rn(sum, values[i]);
    }
    int lane = threadIdx.x % WARP;
    int warp = threadIdx.x / WARP;
    sum = warp_sum(sum);
    if (lane == 0) {
        partial[warp] = sum;
    }
    __syncthreads();
    if (warp == 0) {
        sum = warp_sum(lane < blockDim.x / WARP ? partial[lane] : 0.0f);
        if (lane == 0) {
            total[0] = __fadd_rn(total[0], sum);
        }
    }
}

// v = momentum * v + g; w = w - rate * v
extern "C" __global__ void sgd_momentum(
        float* weights, float* velocity, const float* gradient, int count, float rate, float momentum) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        float v = __fmaf_rn(momentum, velocity[i], gradient[i]);
        velocity[i] = v;
        weights[i] = __fmaf_rn(-rate, v, weights[i]);
    }
}

// The class of the greatest logit of each row, the lowest class among equals.
extern "C" __global__ void argmax(const float* logits, int* predicted, int rows, int classes) {
    int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < rows) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (logits[row * classes + c] > logits[row * classes + best]) {
                best = c;
            }
        }
        predicted[row] = best;
    }
}
