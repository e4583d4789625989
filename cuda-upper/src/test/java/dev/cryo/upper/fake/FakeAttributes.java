package dev.cryo.upper.fake;

/** The attributes of the fake device. */
final class FakeAttributes {
    private FakeAttributes() {}

    static int[] of(int device) {
        int[] attributes = new int[130];
        int[][] values = {
            {1, 1024}, {2, 1024}, {3, 1024}, {4, 64},
            {5, Integer.MAX_VALUE}, {6, 65535}, {7, 65535},
            {8, 49152}, {9, 65536}, {10, 32}, {11, Integer.MAX_VALUE}, {12, 65536}, {13, 1_000_000},
            {16, 2}, {19, 1}, {33, 1 + device}, {39, 1024}, {41, 1}, {50, 0},
            {75, 7}, {76, 5}, {81, 65536}, {82, 65536}, {97, 65536}, {106, 16},
        };
        for (int[] value : values) {
            attributes[value[0]] = value[1];
        }
        return attributes;
    }
}
