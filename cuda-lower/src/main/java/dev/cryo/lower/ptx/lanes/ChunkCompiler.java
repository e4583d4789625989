package dev.cryo.lower.ptx.lanes;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;

/**
 * Generates the code of a chunk as a hidden class: first the operations on uniform registers, executed once
 * ({@link UniformCode}), then a loop over the lanes ({@link LaneLoop}).
 */
final class ChunkCompiler {
    /** How a loop finds its lanes, and where loads find their addresses. */
    enum Form {
        /** Lanes from a list, addresses from registers. */
        LIST,
        /** A range of lanes, addresses from registers. */
        RANGE,
        /** A range of lanes whose addresses follow each other. */
        ROWS
    }

    private static final ClassDesc CODE = Code.class.describeConstable().orElseThrow();
    private static final ClassDesc THIS = ClassDesc.of("dev.cryo.lower.ptx.lanes.GeneratedLoop");
    private static final int FRAME_SLOT = 1;
    /** The method that {@link Code} declares: the frame, then what {@link LaneLoop} knows of its lanes. */
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, Emitter.FRAME, Emitter.INTS,
            ConstantDescs.CD_int, ConstantDescs.CD_int);

    private ChunkCompiler() {
    }

    static byte[] generate(Chunk chunk, Places places, Form form) {
        return ClassFile.of().build(THIS, type -> type
                .withSuperclass(CODE)
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0, body -> body
                        .aload(0)
                        .invokespecial(CODE, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                        .return_())
                .withMethodBody("run", RUN, 0,
                        body -> generate(chunk, places, form, new Emitter(body, FRAME_SLOT))));
    }

    private static void generate(Chunk chunk, Places places, Form form, Emitter emitter) {
        UniformCode uniforms = new UniformCode(chunk, places, emitter);
        uniforms.generate();
        if (chunk.operations().stream().anyMatch(chunk::varies)) {
            new LaneLoop(chunk, places, form, uniforms, emitter).generate();
        }
        emitter.code().return_();
    }

    static Code compile(Chunk chunk, Places places, Form form) {
        byte[] bytes = generate(chunk, places, form);
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (Code) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a generated loop cannot be instantiated", e);
        }
    }
}
