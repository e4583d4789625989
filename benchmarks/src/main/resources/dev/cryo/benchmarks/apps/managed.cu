// Kernels of ManagedVariables; managed.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 managed.cu

__managed__ int counter = 7;
__managed__ double scale = 1.5;
__managed__ int table[3000] = {1, 2, 3};
__device__ int steps = 100;
__managed__ int *chosen;

/** Changes all that it names. */
extern "C" __global__ void advance(int salt) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i == 0) {
        counter += salt;
        scale += 0.25;
        steps += 1;
    }
    if (i < 3000) {
        table[i] = table[i] * 31 + (salt ^ i);
    }
}

/** Only reads them. */
extern "C" __global__ void sum(int *into) {
    if (blockIdx.x * blockDim.x + threadIdx.x == 0) {
        int total = counter + (int) (scale * 4) + steps;
        for (int i = 0; i < 3000; i++) {
            total += table[i];
        }
        *into = total;
    }
}

/** Writes where a managed pointer points. */
extern "C" __global__ void follow(int value) {
    if (blockIdx.x * blockDim.x + threadIdx.x == 0) {
        *chosen = value;
    }
}
