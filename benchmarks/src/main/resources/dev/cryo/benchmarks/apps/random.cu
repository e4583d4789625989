// Kernels of UnifiedRandom; random.ptx beside this file is made from it by
//   nvcc -ptx -arch=compute_75 random.cu

typedef unsigned int word;
typedef unsigned long long cell;

struct Node {
    Node *next;
    word value;
    word padding;
};

struct Work {
    int first;
    word *data;
    int count;
    word salt;
};

__device__ word *slots[16];

static __device__ int self() {
    return blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ void change(word *at, int i, word salt) {
    *at = *at * 31 + (salt ^ i);
}

/** Writes without reading. */
extern "C" __global__ void fill(word *data, int count, word salt) {
    int i = self();
    if (i < count) {
        data[i] = (word) i * 2654435761u + salt;
    }
}

extern "C" __global__ void modify(word *data, int first, int count, word salt) {
    int i = self();
    if (i < count) {
        change(data + first + i, i, salt);
    }
}

/** Is given the end of what it changes. */
extern "C" __global__ void modifyBack(word *end, int count, word salt) {
    int i = self();
    if (i < count) {
        change(end - 1 - i, i, salt);
    }
}

extern "C" __global__ void modifyWork(Work work) {
    int i = self();
    if (i < work.count) {
        change(work.data + work.first + i, i, work.salt);
    }
}

/** Is given its pointer by a variable of the module. */
extern "C" __global__ void modifySlot(int slot, int count, word salt) {
    int i = self();
    if (i < count) {
        change(slots[slot] + i, i, salt);
    }
}

extern "C" __global__ void modifyEither(word *a, word *b, int which, int count, word salt) {
    int i = self();
    word *chosen = which ? a : b;
    if (i < count) {
        change(chosen + i, i, salt);
    }
}

/** Changes every second word of each, by pointers that it keeps in local memory. */
extern "C" __global__ void modifyAlternate(word *a, word *b, int count, word salt) {
    int i = self();
    word *volatile both[2] = {a, b};
    if (i < count) {
        change(both[i & 1] + i, i, salt);
    }
}

/** Is given its pointer in two halves. */
extern "C" __global__ void modifyHalves(word low, word high, int count, word salt) {
    int i = self();
    word *data = (word *) ((cell) high << 32 | low);
    if (i < count) {
        change(data + i, i, salt);
    }
}

extern "C" __global__ void modifyBytes(unsigned char *data, int count, word salt) {
    int i = self();
    if (i < count) {
        data[i] = (unsigned char) (data[i] * 7 + (salt ^ i));
    }
}

/** Follows pointers that lie in memory, in their order. */
extern "C" __global__ void modifyTable(word **table, int count, word salt) {
    if (self() == 0) {
        for (int i = 0; i < count; i++) {
            change(table[i], i, salt);
        }
    }
}

extern "C" __global__ void modifyList(Node *head, word salt) {
    if (self() == 0) {
        int i = 0;
        for (Node *at = head; at; at = at->next) {
            change(&at->value, i++, salt);
        }
    }
}

/** Adds all words to a cell. */
extern "C" __global__ void sum(const word *data, int count, cell *out) {
    int i = self();
    if (i < count) {
        atomicAdd(out, (cell) data[i]);
    }
}

/** Changes every so manieth cell. */
extern "C" __global__ void modifyCells(cell *data, int first, int stride, int count, cell salt) {
    int i = self();
    if (i < count) {
        cell *at = data + first + (cell) i * stride;
        *at = *at * 6364136223846793005ull + (salt ^ (cell) i);
    }
}

/** Counts, in memory that others count in at the same time. */
extern "C" __global__ void count(word *counters, int count, word amount) {
    int i = self();
    if (i < count) {
        atomicAdd(counters + i, amount);
    }
}
