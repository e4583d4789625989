// Kernel of DeviceCounter; counter.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 counter.cu

extern "C" __global__ void count_up(int* counters, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        counters[i] += i + 1;
    }
}
