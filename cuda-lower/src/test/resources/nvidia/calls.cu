// What the PTX device does not execute, with variables. Compiled with: nvcc -ptx -arch=compute_75 calls.cu
#include <cstdio>

struct Shape {
    float sides[4];
    int count;
};

__device__ int counter = 7;
__device__ Shape shape = {{1, 2, 3, 4}, 4};
__device__ Shape *current = &shape;
__constant__ float table[256] = {1, 2, 3};
__managed__ double managed = 2.5;

__device__ __noinline__ int next(int *at) {
    static __device__ int calls;
    atomicAdd(&calls, 1);
    return ++*at;
}

__device__ __noinline__ double circumference(const Shape *s, double (*scale)(double)) {
    double sum = managed;
    for (int i = 0; i < s->count; i++) {
        sum += scale(s->sides[i] + table[i + counter]);
    }
    return sum;
}

__device__ double twice(double x) { return 2 * x; }
__device__ double half(double x) { return pow(x, 0.5) / 2; }

extern "C" __global__ void calls(double *out, int *at, int which) {
    out[threadIdx.x] = circumference(current, which > 3 ? twice : half) + next(&counter) + next(at);
    if (out[threadIdx.x] < 0) {
        printf("%d of %s\n", counter, "calls");
    }
}

extern "C" __global__ void textures(cudaTextureObject_t texture, float *out) {
    out[threadIdx.x] = tex2D<float>(texture, shape.sides[0], counter);
}

extern "C" __global__ void tensors(const unsigned *a, const unsigned *b, float *d) {
    float r[4];
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%7,%8,%9,%10};"
                 : "=f"(r[0]), "=f"(r[1]), "=f"(r[2]), "=f"(r[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b[0]), "f"(shape.sides[0]), "f"(shape.sides[1]), "f"(0.f), "f"(0.f));
    d[threadIdx.x] = r[0] + r[1] + r[2] + r[3];
    shape.sides[3] = r[3];
}

extern "C" __global__ void switches(int which, int *out) {
    switch (which) {
        case 0: out[0] = counter; break;
        case 1: out[0] = *(int *) &managed; break;
        case 2: out[0] = (int) managed; break;
        case 3: out[0] = shape.count; break;
        case 4: out[0] = __popc(counter) + counter; break;
        case 5: out[0] = counter * counter; break;
        case 6: atomicCAS(&counter, 5, 6); break;
        default: __nanosleep(counter); break;
    }
}
