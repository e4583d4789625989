// Kernel of StickyError; wild.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 wild.cu

extern "C" __global__ void write_wild(int* address) {
    *address = 42;
}
