package dev.cryo.streamlog.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.streamlog.codec.Decoder;
import dev.cryo.streamlog.codec.Encoder;
import dev.cryo.streamlog.codec.RandomRecords;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CallTest {
    private static List<Class<? extends Record>> types() {
        return Call.VOCABULARY.types().stream()
                .sorted(Comparator.comparingInt(Call.VOCABULARY::opcode))
                .toList();
    }

    /** The opcodes and the components of calls that can be in a log are part of the image format. */
    @Test
    void whatImagesOfVersionOneHoldIsAsItWas() {
        Map<String, String> logged = types().stream()
                .filter(type -> CallDescriptor.of(type.asSubclass(Call.class)).isLogged())
                .filter(type -> !isOnlyAnEnd(type))
                .collect(Collectors.toMap(
                        type -> "0x%04x %s".formatted(Call.VOCABULARY.opcode(type), type.getSimpleName()),
                        type -> Arrays.stream(type.getRecordComponents())
                                .map(component -> component.getType().getSimpleName() + " " + component.getName())
                                .collect(Collectors.joining(", "))));
        assertThat(logged)
                .containsEntry(
                        "0x0101 CtxCreate",
                        "long context, long defaultStream, int device, int flags, boolean primary")
                .containsEntry("0x0103 CtxSetLimit", "long context, int limit, long value")
                .containsEntry("0x0104 CtxSetConfig", "long context, int preference, int value")
                .containsEntry(
                        "0x0201 ModuleLoad",
                        "long module, long context, byte[] image, long globalsAt, long globalsBytes")
                .containsEntry("0x0203 FunctionGet", "long function, long module, String name")
                .containsEntry("0x0205 FuncSetAttribute", "long function, int attribute, int value")
                .containsEntry("0x0301 MemMap", "long address, long context, long bytes")
                .containsEntry("0x0401 HostAlloc", "long address, long context, long bytes, int flags, int descriptor")
                .containsEntry("0x0501 StreamCreate", "long stream, long context, int flags, int priority")
                .containsEntry("0x0601 EventCreate", "long event, long context, int flags");
    }

    private static boolean isOnlyAnEnd(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents()).anyMatch(c -> c.isAnnotationPresent(Destroys.class));
    }

    @Test
    void everyCallAndEveryAnswerIsEncodedAndDecoded() {
        long seed = 11;
        RandomRecords records = new RandomRecords(new Random(seed));
        for (Class<? extends Record> type : types()) {
            for (int i = 0; i < 50; i++) {
                Call call = (Call) records.next(type);
                Encoder out = new Encoder();
                Call.VOCABULARY.encode(call, out);
                Decoder in = new Decoder(out.toByteArray());
                assertThat(Call.VOCABULARY.decode(in)).usingRecursiveComparison().isEqualTo(call);
                assertThat(in.remaining()).isZero();
            }
            CallDescriptor.of(type.asSubclass(Call.class)).answer().ifPresent(answer -> {
                Record result = records.next(answer);
                Encoder out = new Encoder();
                out.putRecord(result);
                Record again = new Decoder(out.toByteArray()).getRecord(answer);
                assertThat(again)
                        .usingRecursiveComparison()
                        .isEqualTo(result);
            });
        }
    }

    @Test
    void callersWaitForBlockingCallsAndForNoOthers() {
        for (Class<? extends Record> type : types()) {
            CallDescriptor descriptor = CallDescriptor.of(type.asSubclass(Call.class));
            assertThat(descriptor.answer().isPresent())
                    .as(type.getSimpleName())
                    .isEqualTo(Call.Blocking.class.isAssignableFrom(type))
                    .isNotEqualTo(Call.Queued.class.isAssignableFrom(type));
        }
    }

    @Test
    void whatIsMadeIsMadeFromSomething() {
        for (Class<? extends Record> type : types()) {
            boolean creates = has(type, Creates.class);
            if (creates && type != Call.CtxCreate.class) {
                assertThat(has(type, Uses.class)).as(type.getSimpleName()).isTrue();
            }
            assertThat(creates && has(type, Destroys.class)).as(type.getSimpleName()).isFalse();
        }
    }

    private static boolean has(
            Class<? extends Record> type, Class<? extends Annotation> declaration) {
        return Arrays.stream(type.getRecordComponents()).anyMatch(c -> c.isAnnotationPresent(declaration));
    }

    @Test
    void theDeclarationIsReadFromTheComponents() {
        CallDescriptor create = CallDescriptor.of(Call.CtxCreate.class);
        Call call = new Call.CtxCreate(5, 6, 0, 0, false);
        assertThat(create.creates(call))
                .containsExactly(new ObjectRef(ObjectKind.CONTEXT, 5), new ObjectRef(ObjectKind.STREAM, 6));
        assertThat(create.uses(call)).isEmpty();
        assertThat(create.isLogged()).isTrue();
        CallDescriptor limit = CallDescriptor.of(Call.CtxSetLimit.class);
        assertThat(limit.slot(new Call.CtxSetLimit(1, 2, 3)))
                .isPresent()
                .isEqualTo(limit.slot(new Call.CtxSetLimit(1, 2, 4)))
                .isNotEqualTo(limit.slot(new Call.CtxSetLimit(1, 3, 3)));
        CallDescriptor wait = CallDescriptor.of(Call.StreamWait.class);
        assertThat(wait.uses(new Call.StreamWait(1, 2)))
                .containsExactly(new ObjectRef(ObjectKind.STREAM, 1), new ObjectRef(ObjectKind.EVENT, 2));
        assertThat(wait.isLogged()).isFalse();
    }

    @Test
    void componentsThatNameObjectsAreLongs() {
        for (Class<? extends Record> type : types()) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (component.getAnnotations().length > 0) {
                    assertThat(component.getType()).as(component.toString()).isEqualTo(long.class);
                }
            }
        }
    }
}
