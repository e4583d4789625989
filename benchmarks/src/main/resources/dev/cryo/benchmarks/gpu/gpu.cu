// The kernels of the applications in package dev.cryo.benchmarks.gpu; gpu.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 gpu.cu

typedef unsigned long long u64;

// Nothing at all: what is measured is the launch.
extern "C" __global__ void empty(const u64 *memory, unsigned count) {}

// The address of memory, as the device has it.
extern "C" __global__ void where(const u64 *memory, u64 *address) {
    *address = (u64) memory;
}

// SplitMix64 (Steele, Lea, Flood 2014): no two words are alike, and no compressor finds anything in them.
__device__ u64 mixed(u64 x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// Every word becomes what its address and the round make of it.
extern "C" __global__ void fill(u64 *words, u64 count, u64 round) {
    u64 step = (u64) gridDim.x * blockDim.x;
    for (u64 i = (u64) blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
        words[i] = mixed((u64) (words + i) + round * 0x9E3779B97F4A7C15ull);
    }
}

// The sum of each part of so many words, each word times an odd number of its place; one block of 256 for each part.
extern "C" __global__ void sums(const u64 *words, unsigned wordsOfPart, u64 *sums) {
    __shared__ u64 partial[256];
    const u64 *part = words + (u64) blockIdx.x * wordsOfPart;
    u64 sum = 0;
    for (unsigned i = threadIdx.x; i < wordsOfPart; i += 256) {
        sum += part[i] * (2 * (u64) i + 1);
    }
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = 128; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            partial[threadIdx.x] += partial[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = partial[0];
    }
}

// After the kernel init_array of CUDA's sample simpleStreams.
extern "C" __global__ void add_factor(int *data, const int *factor, int count, int iterations) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        for (int n = 0; n < iterations; n++) {
            data[i] += *factor;
        }
    }
}
