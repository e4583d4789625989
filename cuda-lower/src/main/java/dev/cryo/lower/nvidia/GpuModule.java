package dev.cryo.lower.nvidia;

import dev.cryo.lower.ptx.EntryHeader;
import dev.cryo.lower.ptx.EntryInfo;
import dev.cryo.lower.ptx.GlobalInfo;
import dev.cryo.lower.ptx.PointerUse;
import dev.cryo.lower.ptx.PtxException;
import dev.cryo.lower.ptx.PtxModule;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A loaded module: its kernels, and where its variables lie. It belongs to the thread that executes calls. */
final class GpuModule {
    private static final System.Logger LOG = System.getLogger("dev.cryo.device");

    final long id;
    final GpuContext context;
    /** The driver's. */
    final long handle;
    final long globalsAt;
    /** The size of all variables but the managed ones. */
    final long globalsBytes;
    /** Where managed variables lie, in memory that is not the module's to end; 0 if there are none. */
    final long managedAt;

    private final Map<String, EntryHeader> entries = new HashMap<>();
    private final Map<String, GlobalInfo> variables = new HashMap<>();
    private final byte[] image;
    private @Nullable Map<String, PointerUse> pointers;

    GpuModule(
            long id, GpuContext context, long handle, ModuleText text, byte[] image, long globalsAt, long managedAt) {
        this.id = id;
        this.context = context;
        this.handle = handle;
        this.globalsAt = globalsAt;
        this.globalsBytes = text.globalsBytes();
        this.managedAt = managedAt;
        this.image = image;
        text.entries().forEach(entry -> entries.put(entry.name(), entry));
        text.globals().forEach(variable -> variables.put(variable.name(), variable));
    }

    /** What the text says of a kernel; empty if it is not understood. */
    Optional<EntryHeader> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** The variable of a name. */
    Optional<GlobalInfo> variable(String name) {
        return Optional.ofNullable(variables.get(name));
    }

    /** The variables in constant memory. */
    List<GlobalInfo> constants() {
        return variables.values().stream().filter(GlobalInfo::constant).toList();
    }

    /** Where a variable lies. */
    long address(GlobalInfo variable) {
        return (variable.managed() ? managedAt : globalsAt) + variable.offset();
    }

    /** What a kernel may access; empty if the PTX engine, which finds it out when first asked, cannot tell. */
    Optional<PointerUse> pointers(String kernel) {
        if (pointers == null) {
            pointers = analyze();
        }
        return Optional.ofNullable(pointers.get(kernel));
    }

    private Map<String, PointerUse> analyze() {
        Map<String, PointerUse> found = new HashMap<>();
        try {
            for (EntryInfo entry : PtxModule.parse(image).entries()) {
                found.put(entry.name(), entry.pointers());
            }
        } catch (PtxException e) {
            LOG.log(System.Logger.Level.INFO,
                    "what the kernels of module 0x{0} access is not known, so all unified memory is kept for them: {1}",
                    Long.toHexString(id), e.getMessage());
        }
        return found;
    }
}
