// Kernels of BarnesHut; gravity.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 gravity.cu
// Every operation names its rounding and every sum has one order, so that the host computes the same bits. The host
// writes these structures byte by byte: Body and Node of the Java sources have the same offsets.

struct Body {
    float x, y, z;
    int id;
    float vx, vy, vz;
    float ax, ay, az;
    Body *next; // The next body of the same leaf.
};

struct Node {
    Node *child[8];
    Node *next;   // What comes after this node and all below it.
    Node *more;   // The first child.
    Body *bodies; // Of a leaf.
    float x, y, z, mass;
    float size;
};

// Links the children of one level's nodes to each other, and the last of them to what comes after their parent.
extern "C" __global__ void link(Node *const *level, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        Node *node = level[i];
        Node *following = node->next;
        for (int octant = 7; octant >= 0; octant--) {
            Node *child = node->child[octant];
            if (child) {
                child->next = following;
                following = child;
            }
        }
        node->more = following;
    }
}

// Mass and centre of mass of one level's nodes; those of the level below are known.
extern "C" __global__ void summarise(Node *const *level, int count, const float *masses) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        Node *node = level[i];
        float mass = 0.0f, x = 0.0f, y = 0.0f, z = 0.0f;
        for (const Body *body = node->bodies; body; body = body->next) {
            float m = masses[body->id];
            mass = __fadd_rn(mass, m);
            x = __fmaf_rn(m, body->x, x);
            y = __fmaf_rn(m, body->y, y);
            z = __fmaf_rn(m, body->z, z);
        }
        for (int octant = 0; octant < 8; octant++) {
            const Node *child = node->child[octant];
            if (child) {
                mass = __fadd_rn(mass, child->mass);
                x = __fmaf_rn(child->mass, child->x, x);
                y = __fmaf_rn(child->mass, child->y, y);
                z = __fmaf_rn(child->mass, child->z, z);
            }
        }
        node->mass = mass;
        node->x = __fdiv_rn(x, mass);
        node->y = __fdiv_rn(y, mass);
        node->z = __fdiv_rn(z, mass);
    }
}

// What a mass so far away does to a body; distance2 is softened, so a body has no effect on itself.
__device__ __forceinline__ void pull(
        float dx, float dy, float dz, float distance2, float mass, float &ax, float &ay, float &az) {
    float f = __fdiv_rn(mass, __fmul_rn(distance2, __fsqrt_rn(distance2)));
    ax = __fmaf_rn(dx, f, ax);
    ay = __fmaf_rn(dy, f, ay);
    az = __fmaf_rn(dz, f, az);
}

__device__ __forceinline__ float length2(float dx, float dy, float dz, float softening2) {
    return __fmaf_rn(dx, dx, __fmaf_rn(dy, dy, __fmaf_rn(dz, dz, softening2)));
}

// Accelerations, by a walk of the tree. One thread a body.
extern "C" __global__ void accelerate(
        Body *bodies, int count, const Node *root, const float *masses, float opening2, float softening2) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        Body *self = bodies + i;
        float x = self->x, y = self->y, z = self->z;
        float ax = 0.0f, ay = 0.0f, az = 0.0f;
        const Node *at = root;
        while (at) {
            if (at->bodies) {
                for (const Body *body = at->bodies; body; body = body->next) {
                    float dx = __fsub_rn(body->x, x), dy = __fsub_rn(body->y, y), dz = __fsub_rn(body->z, z);
                    pull(dx, dy, dz, length2(dx, dy, dz, softening2), masses[body->id], ax, ay, az);
                }
                at = at->next;
            } else {
                float dx = __fsub_rn(at->x, x), dy = __fsub_rn(at->y, y), dz = __fsub_rn(at->z, z);
                float distance2 = length2(dx, dy, dz, softening2);
                if (__fmul_rn(at->size, at->size) < __fmul_rn(opening2, distance2)) {
                    pull(dx, dy, dz, distance2, at->mass, ax, ay, az);
                    at = at->next;
                } else {
                    at = at->more;
                }
            }
        }
        self->ax = ax;
        self->ay = ay;
        self->az = az;
    }
}

extern "C" __global__ void advance(Body *bodies, int count, float time) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        Body *self = bodies + i;
        self->vx = __fmaf_rn(self->ax, time, self->vx);
        self->vy = __fmaf_rn(self->ay, time, self->vy);
        self->vz = __fmaf_rn(self->az, time, self->vz);
        self->x = __fmaf_rn(self->vx, time, self->x);
        self->y = __fmaf_rn(self->vy, time, self->y);
        self->z = __fmaf_rn(self->vz, time, self->z);
    }
}
