// Kernels of UnifiedPatterns; patterns.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 patterns.cu

struct Node {
    Node *next;
    long long value;
};

/** Adds to the first word of each of some pages. */
extern "C" __global__ void touch(long long *data, const int *pages, int count, int words) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        data[(long long) pages[i] * words] += i;
    }
}

/** Reads one word. */
extern "C" __global__ void look(const long long *data, long long *result) {
    if (blockIdx.x * blockDim.x + threadIdx.x == 0) {
        *result = *data;
    }
}

/** Adds to each value of a list. */
extern "C" __global__ void walk(Node *head, int salt) {
    if (blockIdx.x * blockDim.x + threadIdx.x == 0) {
        for (Node *at = head; at; at = at->next) {
            at->value += salt;
        }
    }
}
