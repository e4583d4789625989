// Kernels of UnifiedPages, UnifiedReader and UnifiedLarge; unified.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 unified.cu

struct Node {
    Node *next;
    int value;
    int padding;
};

extern "C" __global__ void mix(int *data, int count, int salt) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        data[i] = data[i] * 31 + (salt ^ i);
    }
}

extern "C" __global__ void add(const int *from, int *to, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        to[i] += from[i];
    }
}

/** Adds to each value of a list and writes the sum of what they were. */
extern "C" __global__ void walk(Node *head, int salt, int *sum) {
    if (blockIdx.x * blockDim.x + threadIdx.x == 0) {
        int total = 0;
        for (Node *at = head; at; at = at->next) {
            total += at->value;
            at->value += salt;
        }
        *sum = total;
    }
}

/** Changes one value in so many. */
extern "C" __global__ void scatter(int *data, long long stride, int count, int salt) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        data[i * stride] = data[i * stride] * 31 + (salt ^ i);
    }
}
