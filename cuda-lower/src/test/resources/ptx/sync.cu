// Kernels that wait. Compiled with: nvcc -ptx -arch=compute_75 sync.cu
extern "C" __global__ void rounds(int *out, int n) {
    __shared__ int v[128];
    int t = threadIdx.x;
    v[t] = t;
    __syncthreads();
    for (int r = 0; r < n + blockIdx.x; r++) {
        int next;
        if (t % 2 == 0) {
            next = v[t] + v[(t + 1) % 128];
        } else {
            next = v[t] ^ r;
        }
        __syncthreads();
        v[t] = next;
        __syncthreads();
    }
    out[blockIdx.x * 128 + t] = v[t];
}

extern "C" __global__ void spinLock(int *lock, volatile int *count) {
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *count = *count + 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}

extern "C" __global__ void chain(volatile int *flags) {
    if (threadIdx.x == 0) {
        if (blockIdx.x == 0) {
            flags[0] = 1;
        }
        while (flags[blockIdx.x] == 0) {
        }
        flags[blockIdx.x + 1] = flags[blockIdx.x] + blockIdx.x + 1;
        __threadfence();
    }
    __syncthreads();
}

extern "C" __global__ void gridBarrier(int *count, int *seen) {
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicAdd(count, 1);
        while (atomicAdd(count, 0) < gridDim.x) {
        }
        seen[blockIdx.x] = *(volatile int *)count;
    }
    __syncthreads();
}

extern "C" __global__ void halves(int *out) {
    __shared__ int v[128];
    int t = threadIdx.x;
    v[t] = t;
    if (t < 64) {
        asm volatile("bar.sync 1, 64;");
        out[t] = v[63 - t];
    } else {
        asm volatile("bar.sync 2, 64;");
        out[t] = v[64 + 127 - t];
    }
}
