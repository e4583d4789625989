package dev.cryo.lower.ptx;

import dev.cryo.lower.ptx.flow.PointerAnalysis;
import dev.cryo.lower.ptx.ir.KernelIr;
import dev.cryo.lower.ptx.ir.Lowering;
import dev.cryo.lower.ptx.lanes.Program;
import dev.cryo.lower.ptx.memory.MemoryMap;
import dev.cryo.lower.ptx.parse.Parser;
import dev.cryo.lower.ptx.parse.Syntax;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A PTX module that has been read and is known to be executable. Immutable and free of addresses: it can be loaded any
 * number of times. Generated code is shared by all of them. A kernel is made ready when it is asked for: many modules
 * have more than a job uses, and a restart waits for what is made.
 */
public final class PtxModule {
    private final String version;
    private final String target;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Variables variables;

    private PtxModule(Syntax.Module syntax) throws PtxException {
        this.version = syntax.version();
        this.target = syntax.target();
        this.variables = Variables.layOut(syntax.variables());
        refuseOpaque(syntax.variables());
        for (Syntax.Function function : syntax.functions()) {
            Syntax.Body body = function.body();
            if (function.entry() && body != null) {
                KernelIr kernel = Lowering.lower(function, body, syntax.variables());
                if (entries.containsKey(kernel.name())) {
                    throw PtxException.invalid(function.line(), "entry " + kernel.name() + " stands twice");
                }
                entries.put(kernel.name(), new Entry(EntryHeader.of(function), kernel, variables.managedNames()));
            }
        }
    }

    /** Reads PTX text, which may end with a NUL byte. */
    public static PtxModule parse(byte[] text) throws PtxException {
        return parse(text(text));
    }

    /** Reads PTX text, which may end with a NUL character. */
    public static PtxModule parse(String text) throws PtxException {
        int end = text.indexOf('\0');
        return new PtxModule(Parser.parse(end < 0 ? text : text.substring(0, end)));
    }

    /** The {@link #managedBytes()} of a module, without making anything of its kernels. */
    public static long managedBytes(byte[] text) throws PtxException {
        return Variables.layOut(Parser.parse(text(text)).variables()).managedBytes();
    }

    private static String text(byte[] text) {
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    private static void refuseOpaque(List<Syntax.Variable> variables) throws PtxException {
        for (Syntax.Variable variable : variables) {
            if (variable.opaque()) {
                throw PtxException.unsupported(variable.line(), "variables of type ." + variable.type());
            }
        }
    }

    /** The version of PTX in which the text is written. */
    public String version() {
        return version;
    }

    /** The target of the text, such as {@code sm_75}. */
    public String target() {
        return target;
    }

    /** The kernels in the order of the text. */
    public List<EntryInfo> entries() {
        return entries.values().stream().map(entry -> entry.ready().info()).toList();
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

    /** Bytes of constant memory among them. */
    public long constantBytes() {
        return variables.infos().stream().filter(GlobalInfo::constant).mapToLong(GlobalInfo::bytes).sum();
    }

    /**
     * Places a module without managed variables in memory and writes the initial values of its variables, as
     * {@link #load(MemoryMap, long, long)} does.
     */
    public LoadedModule load(MemoryMap map, long globalsBase) {
        if (managedBytes() > 0) {
            throw new IllegalArgumentException("the module has managed variables");
        }
        return load(map, globalsBase, 0);
    }

    /**
     * Places the module in memory and writes the initial values of its variables.
     *
     * @param map what the kernels of the module may access
     * @param globalsBase where the variables go: {@link #globalsBytes} bytes, mapped and writable, at a multiple of
     *     256; the caller adds them to {@code map} and keeps them as long as the module is used
     * @param managedBase the same for {@link #managedBytes} bytes of managed variables, at a multiple of 4096
     */
    public LoadedModule load(MemoryMap map, long globalsBase, long managedBase) {
        variables.initialize(globalsBase, managedBase);
        return new LoadedModule(this, map, variables.addresses(globalsBase, managedBase));
    }

    /** The kernel of this name, whose module lies in memory; null if there is none. */
    @Nullable LoadedKernel kernel(String name, MemoryMap map, Map<String, Long> addresses) {
        Entry entry = entries.get(name);
        if (entry == null) {
            return null;
        }
        Ready ready = entry.ready();
        return new LoadedKernel(ready.info(), ready.program(), map, addresses);
    }

    /** Whether there is a kernel of this name. */
    public boolean hasKernel(String name) {
        return entries.containsKey(name);
    }

    /** What is made of a kernel. */
    private record Ready(EntryInfo info, Program program) {}

    /** A kernel; ready to run from when it is asked for. Thread-safe. */
    private static final class Entry {
        private final EntryHeader header;
        private final KernelIr kernel;
        private final Set<String> managed;
        private @Nullable Ready ready;

        Entry(EntryHeader header, KernelIr kernel, Set<String> managed) {
            this.header = header;
            this.kernel = kernel;
            this.managed = managed;
        }

        synchronized Ready ready() {
            if (ready == null) {
                Program program = Program.of(kernel);
                ready = new Ready(info(program.registersPerThread()), program);
            }
            return ready;
        }

        private EntryInfo info(int registers) {
            return new EntryInfo(header.name(), header.parameters(), header.parameterBytes(), kernel.sharedBytes(),
                    kernel.localBytes(), registers, header.maxThreads(), header.requiredThreads(),
                    PointerAnalysis.analyze(kernel, managed));
        }
    }
}
