package dev.cryo.streamlog.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The blocks that other jobs' packs have, for one writer: using one links its pack into the store. Thread-safe. */
final class PeerBlocks {
    private final Path folder;
    private final String prefix;
    private final Disk disk;
    private final List<PeerPack> packs;
    private final BlockTable blocks;
    /** Whether packs that were asked for could be linked; by identity, as lists of entries are long to compare. */
    private final Map<Object, Boolean> linked = new HashMap<>();

    /**
     * The blocks that they have now.
     *
     * @param stores the folders of their images
     * @param folder of the writer's own packs
     * @param prefix of the names of the image's packs
     */
    PeerBlocks(List<Path> stores, Path folder, String prefix, Disk disk) {
        this.folder = folder;
        this.prefix = prefix;
        this.disk = disk;
        this.packs = PeerPack.of(stores);
        this.blocks = new BlockTable(packs.stream().map(PeerPack::entries).toList());
    }

    /** Whether one of them has a block, which can be referred to from then on. */
    synchronized boolean take(BlockId id) throws IOException {
        long place = blocks.find(id);
        if (place == BlockTable.NONE) {
            return false;
        }
        PeerPack pack = packs.get(BlockTable.index(place));
        Boolean known = linked.get(pack.identity());
        if (known == null) {
            known = pack.linkInto(folder, prefix, disk);
            linked.put(pack.identity(), known);
        }
        return known;
    }

    /** Makes the links durable. */
    synchronized void finish() throws IOException {
        if (linked.containsValue(true)) {
            disk.forceFolder(folder);
        }
    }
}
