package dev.cryo.streamlog.image;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.LowerHalf;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An image in words and numbers, for humans and programs that inspect it. The contents of sections other than the log
 * are not read.
 *
 * @param formatVersion of the manifest
 * @param encrypted whether it is
 * @param created ISO-8601
 * @param bytes length of all sections, zeros included
 * @param storedBytes bytes stored for them
 * @param calls of the stream log, in order
 * @param memory ranges of device memory that have contents, largest first
 * @param allocations of memory that live, largest first
 * @param modules loaded modules, in order
 */
public record ImageDescription(
        String id,
        int formatVersion,
        boolean encrypted,
        long number,
        String created,
        JobInfo job,
        long bytes,
        long storedBytes,
        List<SectionSize> sections,
        List<LoggedCall> calls,
        List<LowerHalf.Range> memory,
        List<Allocation> allocations,
        List<Module> modules) {

    /** Describes an image. */
    public static ImageDescription of(ImageReader image) throws IOException {
        Manifest manifest = image.manifest();
        List<Call> calls = image.find(Section.LOG).isPresent() ? image.log() : List.of();
        List<SectionSize> sections = new ArrayList<>();
        for (Section section : manifest.sections()) {
            sections.add(SectionSize.of(section, image.storedBytes(section)));
        }
        return new ImageDescription(
                image.id().toString(),
                image.formatVersion(),
                image.key().isPresent(),
                manifest.number(),
                Instant.ofEpochMilli(manifest.createdMillis()).toString(),
                manifest.job(),
                sections.stream().mapToLong(SectionSize::bytes).sum(),
                sections.stream().mapToLong(SectionSize::storedBytes).sum(),
                List.copyOf(sections),
                calls.stream().map(LoggedCall::of).toList(),
                image.find(Section.DEVICE).map(Section::ranges).orElse(List.of()).stream()
                        .sorted(Comparator.comparingLong(LowerHalf.Range::bytes).reversed())
                        .toList(),
                calls.stream()
                        .flatMap(Allocation::of)
                        .sorted(Comparator.comparingLong(Allocation::bytes).reversed())
                        .toList(),
                modules(calls));
    }

    private static List<Module> modules(List<Call> calls) {
        Map<Long, Call.ModuleLoad> loads = new LinkedHashMap<>();
        Map<Long, List<String>> functions = new HashMap<>();
        for (Call call : calls) {
            if (call instanceof Call.ModuleLoad load) {
                loads.put(load.module(), load);
                functions.put(load.module(), new ArrayList<>());
            } else if (call instanceof Call.ModuleLoadManaged load) {
                loads.put(load.module(), load.plain());
                functions.put(load.module(), new ArrayList<>());
            } else if (call instanceof Call.FunctionGet get) {
                functions.getOrDefault(get.module(), new ArrayList<>()).add(get.name());
            }
        }
        return loads.values().stream()
                .map(load -> Module.of(load, functions.getOrDefault(load.module(), List.of())))
                .toList();
    }

    /**
     * Live memory.
     *
     * @param kind {@code device}, {@code unified} or {@code page-locked}
     */
    public record Allocation(String kind, long address, long bytes) {
        static Stream<Allocation> of(Call call) {
            return switch (call) {
                case Call.MemMap map -> Stream.of(new Allocation("device", map.address(), map.bytes()));
                case Call.ManagedAlloc alloc -> Stream.of(new Allocation("unified", alloc.address(), alloc.bytes()));
                case Call.HostAlloc alloc -> Stream.of(new Allocation("page-locked", alloc.address(), alloc.bytes()));
                default -> Stream.of(); // A log is mostly of other things.
            };
        }
    }

    /** A section's lengths, zeros included and without, and the number of its ranges. */
    public record SectionSize(String name, long bytes, long storedBytes, int ranges) {
        static SectionSize of(Section section, long storedBytes) {
            return new SectionSize(
                    section.name(), section.bytes(), storedBytes, section.ranges().size());
        }
    }

    /**
     * A call of the log.
     *
     * @param arguments by name, in order; those called addresses are hexadecimal, of arrays the length is told
     */
    public record LoggedCall(String name, Map<String, String> arguments) {
        static LoggedCall of(Call call) {
            Map<String, String> arguments = new LinkedHashMap<>();
            for (RecordComponent component : call.getClass().getRecordComponents()) {
                arguments.put(component.getName(), shown(component, call));
            }
            return new LoggedCall(call.getClass().getSimpleName(), arguments);
        }

        private static String shown(RecordComponent component, Call call) {
            try {
                return switch (component.getAccessor().invoke(call)) {
                    case byte[] bytes -> bytes.length + " bytes";
                    case Long value when component.getName().matches("address|globalsAt|managedAt") -> "0x"
                            + Long.toHexString(value);
                    case Object value -> value.toString();
                };
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(component.toString(), e);
            }
        }
    }

    /** A loaded module: its id, the length of its image, where its globals lie, and the kernels that are in use. */
    public record Module(long id, int imageBytes, long globalsAt, List<String> functions) {
        static Module of(Call.ModuleLoad load, List<String> functions) {
            return new Module(load.module(), load.image().length, load.globalsAt(), List.copyOf(functions));
        }
    }
}
