package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.parse.Outline;
import dev.cryo.lower.ptx.parse.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where the variables of a module lie and how its kernels are called, without anything being made of the kernels. The
 * same for every device: {@link PtxModule} places variables alike.
 */
public final class ModuleLayout {
    private final Variables variables;
    private final List<EntryHeader> entries;

    private ModuleLayout(Variables variables, List<EntryHeader> entries) {
        this.variables = variables;
        this.entries = entries;
    }

    /** Lays out a module. Variables that have no memory, as references to textures, are left out. */
    public static ModuleLayout of(Outline outline) throws PtxException {
        List<EntryHeader> entries = new ArrayList<>();
        for (Syntax.Function function : outline.module().functions()) {
            if (function.entry() && EntryHeader.describes(function)) {
                entries.add(EntryHeader.of(function));
            }
        }
        return new ModuleLayout(Variables.layOut(outline.module().variables()), List.copyOf(entries));
    }

    /** The kernels in the order of the text, but those with parameters of unknown types. */
    public List<EntryHeader> entries() {
        return entries;
    }

    /** The variables in global and constant memory in the order of the text. */
    public List<GlobalInfo> globals() {
        return variables.infos();
    }

    /** Bytes that the variables need together; 0 when there are none. */
    public long globalsBytes() {
        return variables.bytes();
    }

    /** Bytes that the managed variables need together, which lie apart from the others; 0 when there are none. */
    public long managedBytes() {
        return variables.managedBytes();
    }

    /** The addresses of all variables, managed ones too, by name. */
    public Map<String, Long> addresses(long globalsAt, long managedAt) {
        return variables.addresses(globalsAt, managedAt);
    }

    /** The first contents of the {@link #globalsBytes()}. */
    public byte[] initialGlobals(long globalsAt, long managedAt) {
        return variables.image(globalsAt, managedAt, false);
    }

    /** The first contents of the {@link #managedBytes()}. */
    public byte[] initialManaged(long globalsAt, long managedAt) {
        return variables.image(globalsAt, managedAt, true);
    }
}
