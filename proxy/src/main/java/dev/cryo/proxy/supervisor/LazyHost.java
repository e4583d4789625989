package dev.cryo.proxy.supervisor;

import dev.cryo.proxy.host.HostImage;
import dev.cryo.proxy.host.LazyPages;
import dev.cryo.proxy.host.PageFiles;
import dev.cryo.streamlog.image.ImageKeys;
import dev.cryo.streamlog.image.ImageReader;
import dev.cryo.streamlog.image.Section;
import dev.cryo.streamlog.image.StoredFiles;
import dev.cryo.streamlog.linux.Userfaultfd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;

/** The application's memory where it stays in the image until it is used. */
final class LazyHost {
    /** Of less, verifying and restoring all takes hardly longer than what it costs to bring it later. */
    private static final long LEAST_BYTES = 128L << 20;

    private static final boolean POSSIBLE = Userfaultfd.whyNot().isEmpty();

    private LazyHost() {}

    /** Whether a section is files of pages that are worth it. */
    static boolean suits(Section section) {
        return section.bytes() >= LEAST_BYTES
                && section.name().startsWith(Section.HOST)
                && PageFiles.isName(file(section))
                && POSSIBLE;
    }

    private static String file(Section section) {
        return section.name().substring(Section.HOST.length());
    }

    /** Unpacks what CRIU restores itself of a file of pages; all files but those have been. */
    static void unpackRest(ImageReader image, Section section, Path folder) throws IOException {
        BitSet needed = PageFiles.blocksOfOthers(folder, file(section), StoredFiles.BLOCK_BYTES);
        image.copyTo(section.name(), folder.resolve(file(section)), needed::get);
    }

    /** Begins to serve the rest to a run that is being restored, which ends if it cannot be read. */
    static LazyPages begin(HostImage unpacked, ImageReader image, Path work, JobRun run, Messages messages)
            throws IOException {
        StoredFiles files = StoredFiles.open(image.folder(), ImageKeys.of(image.key()));
        return LazyPages.begin(unpacked, files, work, new LazyPages.Listener() {
            @Override
            public void complete(long nanos) {
                messages.note("all of the application's memory is here, after %.3f s".formatted(nanos / 1e9));
            }

            @Override
            public void lost(String why) {
                run.contentsLost(why);
            }
        });
    }
}
