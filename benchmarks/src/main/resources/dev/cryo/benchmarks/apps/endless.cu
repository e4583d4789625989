// Kernel of EndlessKernel; endless.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 endless.cu

// Spins until the flag is not zero, then stores what it saw.
extern "C" __global__ void spin(const volatile int* flag, int* seen) {
    int value = *flag;
    while (value == 0) {
        value = *flag;
    }
    *seen = value;
}
