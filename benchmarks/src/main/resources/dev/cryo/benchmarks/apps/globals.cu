// Kernels of PinnedAndGlobals; globals.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 globals.cu

#define COLUMNS 256

__device__ int counter = 7;
__device__ int table[COLUMNS];
__constant__ int factors[16] = {1, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};

// One block of COLUMNS threads: the table is folded with the counter, then the counter moves on.
extern "C" __global__ void advance(int step) {
    int i = threadIdx.x;
    int seen = counter;
    table[i] = table[i] * factors[i % 16] + seen + i;
    __syncthreads();
    if (i == 0) {
        counter = seen + step;
    }
}

// Reads and writes page-locked host memory.
extern "C" __global__ void mix_host(int* host, int count, int salt) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        host[i] = host[i] * 31 + (salt ^ i);
    }
}

// Adds to a rectangle of ints whose rows are pitch bytes apart.
extern "C" __global__ void add_pitched(char* base, long long pitch, int width, int height, int value) {
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height) {
        ((int*) (base + y * pitch))[x] += value + y * width + x;
    }
}
