// Kernels of the device's tests. kernels.ptx is made from it by: nvcc -ptx -arch=compute_75 -o kernels.ptx kernels.cu

__device__ unsigned counter = 5;
__device__ unsigned table[3] = {11, 22, 33};
__constant__ unsigned factor = 3;

extern "C" __global__ void empty() {}

extern "C" __global__ void mix(unsigned *target, const unsigned *source, unsigned count, unsigned multiplier) {
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        target[i] = target[i] * multiplier + source[(i * 7u + 3u) % count];
    }
}

extern "C" __global__ void count(unsigned *seen) {
    *seen = atomicAdd(&counter, factor);
}

extern "C" __global__ void await(volatile unsigned *flag, unsigned *seen) {
    while (*flag == 0) {
    }
    *seen = *flag;
}

extern "C" __global__ void store(unsigned *target, unsigned value) {
    target[threadIdx.x] = value;
}

extern "C" __global__ void reverse(unsigned *target) {
    extern __shared__ unsigned shared[];
    shared[threadIdx.x] = target[threadIdx.x];
    __syncthreads();
    target[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void trap() {
    asm("trap;");
}
