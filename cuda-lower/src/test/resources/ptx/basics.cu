// Kernels of a training step. Compiled with: nvcc -ptx -arch=compute_75 basics.cu
#define T 16
extern "C" __global__ void vectorAdd(const float *a, const float *b, float *c, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        c[i] = a[i] + b[i];
    }
}

extern "C" __global__ void matmul(const float *a, const float *b, float *c, int m, int n, int k) {
    __shared__ float sa[T][T], sb[T][T];
    int tx = threadIdx.x, ty = threadIdx.y;
    int row = blockIdx.y * T + ty, col = blockIdx.x * T + tx;
    float acc = 0;
    for (int t = 0; t < (k + T - 1) / T; t++) {
        sa[ty][tx] = (row < m && t * T + tx < k) ? a[row * k + t * T + tx] : 0;
        sb[ty][tx] = (col < n && t * T + ty < k) ? b[(t * T + ty) * n + col] : 0;
        __syncthreads();
        for (int i = 0; i < T; i++) {
            acc += sa[ty][i] * sb[i][tx];
        }
        __syncthreads();
    }
    if (row < m && col < n) {
        c[row * n + col] = acc;
    }
}

extern "C" __global__ void softmax(const float *x, float *y, float *logs, int n) {
    float m = -1e30f;
    for (int i = threadIdx.x; i < n; i += 32) {
        m = fmaxf(m, x[blockIdx.x * n + i]);
    }
    for (int o = 16; o; o >>= 1) {
        m = fmaxf(m, __shfl_xor_sync(~0u, m, o));
    }
    float s = 0;
    for (int i = threadIdx.x; i < n; i += 32) {
        float e = expf(x[blockIdx.x * n + i] - m);
        y[blockIdx.x * n + i] = e;
        s += e;
    }
    for (int o = 16; o; o >>= 1) {
        s += __shfl_xor_sync(~0u, s, o);
    }
    for (int i = threadIdx.x; i < n; i += 32) {
        y[blockIdx.x * n + i] /= s;
    }
    if (threadIdx.x == 0) {
        atomicAdd(logs, logf(s));
    }
}

extern "C" __global__ void sgd(float *w, const float *g, float rate, int n) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        w[i] -= rate * g[i];
    }
}

__device__ int counter = 5;
__constant__ float table[4] = {1, 2, 3, 4};
__device__ int *pointer = &counter;
extern "C" __global__ void spaces(double *x, char4 *c, unsigned long long *l) {
    if (threadIdx.x == 0) {
        *pointer += 1;
    }
    extern __shared__ double sh[];
    sh[threadIdx.x] = x[threadIdx.x] / 3.0;
    __syncthreads();
    x[threadIdx.x] = sqrt(sh[31 - threadIdx.x]) + table[threadIdx.x & 3];
    c[threadIdx.x].x++;
    l[threadIdx.x] = __umul64hi(l[threadIdx.x], l[threadIdx.x] + 1);
    int arr[10];
    for (int i = 0; i < 10; i++) {
        arr[i] = c[i].y;
    }
    x[threadIdx.x] += arr[c[threadIdx.x].x % 10];
}

extern "C" __global__ void reduce(const int *x, int *total, int n) {
    __shared__ int partial[32];
    int sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        sum += x[i];
    }
    for (int o = 16; o; o >>= 1) {
        sum += __shfl_down_sync(~0u, sum, o);
    }
    if ((threadIdx.x & 31) == 0) {
        partial[threadIdx.x >> 5] = sum;
    }
    __syncthreads();
    if (threadIdx.x < 32) {
        sum = threadIdx.x < (blockDim.x + 31) / 32 ? partial[threadIdx.x] : 0;
        for (int o = 16; o; o >>= 1) {
            sum += __shfl_down_sync(~0u, sum, o);
        }
        if (threadIdx.x == 0) {
            atomicAdd(total, sum);
        }
    }
}
