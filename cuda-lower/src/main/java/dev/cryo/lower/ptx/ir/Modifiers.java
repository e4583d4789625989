package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words after an opcode. They come in any order; each is taken once, and what remains is refused. */
final class Modifiers {
    private final String opcode;
    private final int line;
    private final List<String> words;
    private final List<PtxType> types = new ArrayList<>();

    Modifiers(String opcode, int line) {
        this.opcode = opcode;
        this.line = line;
        this.words = new ArrayList<>(Arrays.asList(opcode.split("\\.", -1)));
        words.removeFirst();
        for (String word : List.copyOf(words)) {
            PtxType type = PtxType.named(word);
            if (type != null) {
                types.add(type);
                words.remove(word);
            }
        }
    }

    boolean take(String word) {
        return words.remove(word);
    }

    /** Takes whichever of these is there first, or null. */
    @Nullable String takeAny(String... candidates) {
        for (String candidate : candidates) {
            if (take(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    /** Takes all that begin so, without looking. */
    void ignore(String... prefixes) {
        words.removeIf(word -> Arrays.stream(prefixes).anyMatch(word::startsWith));
    }

    int typeCount() {
        return types.size();
    }

    PtxType type(int index) throws PtxException {
        if (index >= types.size()) {
            throw words.isEmpty() ? PtxException.invalid(line, "opcode " + opcode + " lacks a type")
                    : PtxException.unsupported(line, "opcode " + opcode);
        }
        return types.get(index);
    }

    PtxType onlyType() throws PtxException {
        if (types.size() > 1) {
            throw PtxException.unsupported(line, "opcode " + opcode);
        }
        return type(0);
    }

    void finish() throws PtxException {
        if (!words.isEmpty()) {
            throw PtxException.unsupported(line, "opcode " + opcode);
        }
    }
}
