package dev.cryo.lower.ptx.ir;

import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.parse.Syntax;

/** Lays out variables one after the other, each at its alignment. */
public final class Layout {
    private long end;

    /** Places a variable and gives its offset. */
    public int place(int bytes, int align, int line) throws PtxException {
        long offset = (end + align - 1) / align * align;
        end = offset + bytes;
        if (end > Integer.MAX_VALUE) {
            throw PtxException.invalid(line, "variables are larger than 2 GiB");
        }
        return (int) offset;
    }

    /** The end, aligned. */
    int aligned(int align) {
        return (int) ((end + align - 1) / align * align);
    }

    /** Bytes from the beginning to the end of the last variable. */
    public int size() {
        return (int) end;
    }

    /** Bytes of a variable. */
    public static int bytes(Syntax.Variable variable) throws PtxException {
        long bytes = variable.count() * elementBytes(variable);
        if (bytes > Integer.MAX_VALUE) {
            throw PtxException.invalid(variable.line(), "variable " + variable.name() + " is larger than 2 GiB");
        }
        return (int) bytes;
    }

    /** Alignment of a variable: the one written, or that of its type. */
    public static int align(Syntax.Variable variable) throws PtxException {
        return variable.align() > 0 ? variable.align() : elementBytes(variable);
    }

    /** Bytes of one element of a variable. */
    public static int elementBytes(Syntax.Variable variable) throws PtxException {
        PtxType type = PtxType.named(variable.type());
        if (type == null || type == PtxType.PRED) {
            throw PtxException.unsupported(variable.line(), "variables of type ." + variable.type());
        }
        return type.bytes() * variable.vector();
    }
}
