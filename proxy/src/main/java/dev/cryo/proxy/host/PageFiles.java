package dev.cryo.proxy.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.regex.Pattern;

/** The files of an image that hold the memory of processes. */
public final class PageFiles {
    private static final Pattern NAME = Pattern.compile("pages-[0-9]{1,10}\\.img");

    private PageFiles() {}

    /** Whether a file of an image is one. */
    public static boolean isName(String file) {
        return NAME.matcher(file).matches();
    }

    /**
     * Which blocks of one CRIU reads itself though {@link LazyPages} bring the rest.
     *
     * @param folder of the image, which has all other files
     */
    public static BitSet blocksOfOthers(Path folder, String file, int blockBytes) throws IOException {
        return PagesImage.read(folder, blockBytes).others().getOrDefault(file, new BitSet());
    }
}
