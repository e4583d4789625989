// Kernels of ManyStreams; streams.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 streams.cu
// Integers wrap, so every result is exact.

extern "C" __global__ void mix(unsigned* a, int count, unsigned salt) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        a[i] = (a[i] ^ salt) * 1664525u + 1013904223u;
    }
}

extern "C" __global__ void rotate_add(const unsigned* from, unsigned* to, int count, int shift) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        to[i] += from[(i + shift) % count] + i;
    }
}

// total[0] += sum of a, total[1] ^= exclusive or of a; through shared memory and one atomic each per block.
extern "C" __global__ void totals(const unsigned* a, int count, unsigned* total) {
    __shared__ unsigned sum;
    __shared__ unsigned parity;
    if (threadIdx.x == 0) {
        sum = 0;
        parity = 0;
    }
    __syncthreads();
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        atomicAdd(&sum, a[i]);
        atomicXor(&parity, a[i]);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicAdd(&total[0], sum);
        atomicXor(&total[1], parity);
    }
}
