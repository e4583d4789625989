package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table against a map of all blocks. */
class BlockTableTest {
    /** Few ids, so that indices share some; many that differ in one half alone. */
    private static BlockId id(Random random) {
        return new BlockId(random.nextInt(40), (long) random.nextInt(40) << 58);
    }

    private static PackIndex index(List<PackFormat.Entry> entries) {
        ByteBuffer bytes = PackFormat.buffer(entries.size() * PackFormat.ENTRY_BYTES);
        entries.forEach(entry -> PackFormat.put(bytes, entry));
        return new PackIndex(bytes.flip());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void eachBlockIsFoundInTheFirstIndexThatHasIt(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            List<PackIndex> indices = new ArrayList<>();
            Map<BlockId, PackFormat.Entry> first = new HashMap<>();
            Map<BlockId, Integer> in = new HashMap<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                List<PackFormat.Entry> entries = new ArrayList<>();
                for (int n = random.nextInt(random.nextBoolean() ? 5 : 500); n > 0; n--) {
                    PackFormat.Entry entry = new PackFormat.Entry(
                            id(random),
                            random.nextLong(),
                            random.nextInt(),
                            random.nextInt(),
                            random.nextInt(),
                            random.nextInt());
                    entries.add(entry);
                    first.putIfAbsent(entry.id(), entry);
                    in.putIfAbsent(entry.id(), indices.size());
                }
                PackIndex index = index(entries);
                assertThat(index).isEqualTo(entries);
                indices.add(index);
            }
            BlockTable table = new BlockTable(indices);
            for (int high = 0; high < 40; high++) {
                for (long low = 0; low < 40; low++) {
                    BlockId id = new BlockId(high, low << 58);
                    long place = table.find(id);
                    assertThat(place == BlockTable.NONE).as("%s", id).isEqualTo(!first.containsKey(id));
                    if (place != BlockTable.NONE) {
                        assertThat(BlockTable.index(place)).isEqualTo(in.get(id));
                        PackIndex index = indices.get(BlockTable.index(place));
                        assertThat(index.get(BlockTable.block(place))).isEqualTo(first.get(id));
                    }
                }
            }
        }
    }

    @Test
    void noIndexHasNoBlock() {
        assertThat(new BlockTable(List.of()).find(new BlockId(1, 2))).isEqualTo(BlockTable.NONE);
        assertThat(new BlockTable(List.of(index(List.of()))).find(BlockId.ZERO)).isEqualTo(BlockTable.NONE);
    }
}
