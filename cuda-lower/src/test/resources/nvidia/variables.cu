// Variables of all kinds, and kernels of one block that run on every device. Compiled with: nvcc -ptx -arch=compute_75 variables.cu
struct Node {
    int id;
    Node *next;
    float weights[3];
};
struct __attribute__((packed)) Odd {
    char tag;
    int *counter;
    short tail;
};

__device__ int counter = 7;
__device__ unsigned long long total;
__device__ double slow[8] = {0.5, 1.5};
static __device__ short history[64];
__device__ float4 vector = {1, 2, 3, 4};
__device__ int2 pairs[4] = {{1, 2}, {3, 4}, {5, 6}, {7, 8}};
__device__ Node tail = {2, nullptr, {1, 2, 3}};
__device__ Node head = {1, &tail, {4, 5, 6}};
__device__ int *counterAt = &counter;
__device__ Odd odd = {3, &counter, -2};
__device__ short *historyAt[3] = {history, history + 5, &history[63]};
__device__ const char *greeting = "hello";
__device__ volatile int flag;
__device__ unsigned char bytes[3] = {1, 2, 3};
__managed__ int managed = 9;
__managed__ Node *managedHead = &head;
__constant__ int factors[16] = {1, 3, 5, 7, 11, 13, 17, 19};
__constant__ int *constantAt = &counter;
__constant__ Odd oddConstant = {1, &counter, 5};

__device__ __forceinline__ int walk(Node *node) {
    static __device__ int calls = 100;
    int sum = atomicAdd(&calls, 1) * 0;
    for (; node; node = node->next) {
        sum = sum * 10 + node->id;
    }
    return sum;
}

extern "C" __global__ void scalars(int *out) {
    static __device__ int launches = 5;
    if (threadIdx.x == 0) {
        launches++;
        out[0] = launches;
        out[1] = ++*counterAt;
        out[2] = *constantAt + *oddConstant.counter + oddConstant.tail;
        out[3] = *odd.counter + odd.tail;
        out[4] = managed++;
        out[5] = greeting[1];
        flag = 1;
        out[6] = flag;
        bytes[2] += bytes[1];
    }
    __syncthreads();
    atomicAdd(&total, (unsigned long long) threadIdx.x);
    atomicMax(&counter, (int) threadIdx.x);
}

extern "C" __global__ void arrays(int *out, int n) {
    int i = threadIdx.x;
    int before = historyAt[1][2];
    __syncthreads();
    if (i < n) {
        history[i] += (short) (factors[i & 15] * i);
        if (i < 8) {
            slow[i] += 0.25;
        }
        int2 p = pairs[i & 3];
        float4 v = vector;
        out[i] = p.x * 100 + p.y + (int) (v.x + v.y * v.z - v.w) + before + (historyAt[2] == &history[63]);
    }
}

extern "C" __global__ void lists(int *out, Node **where) {
    if (threadIdx.x == 0) {
        out[0] = walk(&head);
        out[1] = walk(managedHead);
        tail.next = &tail == head.next ? nullptr : &head;
        vector = make_float4(head.weights[2], tail.weights[0], vector.y, vector.x);
        where[0] = &head;
        where[1] = head.next;
        where[2] = (Node *) &managed;
        where[3] = (Node *) (history + 3);
    }
}

extern "C" __global__ void shadows(int *out) {
    int i = threadIdx.x;
    int result;
    // A register, a label and a shared variable that have names of variables of the module.
    asm volatile("{\n\t.reg .b32 counter, total<2>;\n\t.reg .pred flag;\n\tmov.u32 counter, %1;\n\t"
                 "add.u32 total1, counter, 1;\n\tsetp.eq.u32 flag, counter, 3;\n\t@flag add.u32 total1, total1, 50;\n\t"
                 "mov.u32 %0, total1;\n\t}" : "=r"(result) : "r"(i));
    int old;
    asm volatile("{\n\t.reg .pred %%p;\n\tsetp.lt.u32 %%p, %1, 4;\n\tmov.u32 %0, 0;\n\t"
                 "@!%%p ld.global.u32 %0, [counter];\n\t@%%p ld.global.u32 %0, [pairs+4];\n\t}" : "=r"(old) : "r"(i));
    out[i] = result * 1000 + old;
}
