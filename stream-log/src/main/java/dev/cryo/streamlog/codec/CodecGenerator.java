package dev.cryo.streamlog.codec;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;

/**
 * Generates the codec of a record from its components: for each one call of the {@link Encoder}, and of the {@link
 * Decoder}, in the order in which they are declared.
 */
final class CodecGenerator {
    private static final ClassDesc ENCODER = desc(Encoder.class);
    private static final ClassDesc DECODER = desc(Decoder.class);
    private static final ClassDesc RECORD = desc(Record.class);
    private static final ClassDesc ENUM = desc(Enum.class);
    private static final ClassDesc CODEC = desc(RecordCodec.class);
    private static final ClassDesc LIST = desc(List.class);

    private CodecGenerator() {}

    static RecordCodec generate(Class<? extends Record> type) {
        checkAccess(type);
        byte[] bytes = ClassFile.of()
                .build(ClassDesc.of(CodecGenerator.class.getPackageName(), type.getSimpleName() + "Codec"), builder ->
                        builder.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC)
                                .withSuperclass(CODEC)
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        ConstantDescs.MTD_void,
                                        0,
                                        code -> code.aload(0)
                                                .invokespecial(CODEC, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                                                .return_())
                                .withMethodBody(
                                        "encode",
                                        MethodTypeDesc.of(CD_void, RECORD, ENCODER),
                                        ClassFile.ACC_PUBLIC,
                                        code -> encode(code, type))
                                .withMethodBody(
                                        "decode",
                                        MethodTypeDesc.of(RECORD, DECODER),
                                        ClassFile.ACC_PUBLIC,
                                        code -> decode(code, type)));
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (RecordCodec) hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
        } catch (Throwable e) {
            throw new IllegalStateException("no codec for " + type.getName(), e);
        }
    }

    /** What the generated class names must be public, or it would fail when it is used and not here. */
    private static void checkAccess(Class<?> type) {
        boolean samePackage = type.getPackage() == CodecGenerator.class.getPackage();
        if (Modifier.isPrivate(type.getModifiers()) || !samePackage && !Modifier.isPublic(type.getModifiers())) {
            throw new IllegalArgumentException("no encoding for a type that is not public: " + type.getName());
        }
    }

    private static void encode(CodeBuilder code, Class<? extends Record> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            Form form = Form.of(component);
            code.aload(2)
                    .aload(1)
                    .checkcast(desc(type))
                    .invokevirtual(desc(type), component.getName(), MethodTypeDesc.of(desc(component.getType())))
                    .invokevirtual(ENCODER, "put" + form.suffix, MethodTypeDesc.of(CD_void, form.encoded));
        }
        code.return_();
    }

    private static void decode(CodeBuilder code, Class<? extends Record> type) {
        RecordComponent[] components = type.getRecordComponents();
        code.new_(desc(type)).dup();
        for (RecordComponent component : components) {
            Form form = Form.of(component);
            code.aload(1);
            switch (form) {
                case ENUM -> code.invokestatic(
                                desc(component.getType()),
                                "values",
                                MethodTypeDesc.of(desc(component.getType()).arrayType()))
                        .invokevirtual(DECODER, "getEnum", MethodTypeDesc.of(ENUM, ENUM.arrayType()))
                        .checkcast(desc(component.getType()));
                case RECORD -> code.loadConstant(desc(component.getType()))
                        .invokevirtual(DECODER, "getRecord", MethodTypeDesc.of(RECORD, ConstantDescs.CD_Class))
                        .checkcast(desc(component.getType()));
                case RECORDS -> code.loadConstant(desc(elementType(component)))
                        .invokevirtual(DECODER, "getRecords", MethodTypeDesc.of(LIST, ConstantDescs.CD_Class));
                case BOOLEAN, INT, LONG, DOUBLE, STRING, BYTES, INTS, LONGS, STRINGS -> code.invokevirtual(
                        DECODER, "get" + form.suffix, MethodTypeDesc.of(form.encoded));
            }
        }
        ClassDesc[] parameters =
                Arrays.stream(components).map(c -> desc(c.getType())).toArray(ClassDesc[]::new);
        code.invokespecial(desc(type), ConstantDescs.INIT_NAME, MethodTypeDesc.of(CD_void, parameters))
                .areturn();
    }

    private static Class<?> elementType(RecordComponent component) {
        Type element = ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
        if (element instanceof Class<?> type) {
            return type;
        }
        throw new IllegalArgumentException("no encoding for a list of " + element + ": " + component);
    }

    private static ClassDesc desc(Class<?> type) {
        return ClassDesc.ofDescriptor(type.descriptorString());
    }

    /** How a component is encoded. */
    private enum Form {
        BOOLEAN("Boolean", CD_boolean),
        INT("Int", CD_int),
        LONG("Long", CD_long),
        DOUBLE("Double", CD_double),
        STRING("String", ConstantDescs.CD_String),
        BYTES("Bytes", ConstantDescs.CD_byte.arrayType()),
        INTS("Ints", CD_int.arrayType()),
        LONGS("Longs", CD_long.arrayType()),
        ENUM("Enum", desc(Enum.class)),
        RECORD("Record", desc(Record.class)),
        RECORDS("Records", desc(List.class)),
        STRINGS("Strings", desc(List.class));

        final String suffix;
        final ClassDesc encoded;

        Form(String suffix, ClassDesc encoded) {
            this.suffix = suffix;
            this.encoded = encoded;
        }

        static Form of(RecordComponent component) {
            Class<?> type = component.getType();
            if (type.isEnum()) {
                checkAccess(type);
                if (type.getEnumConstants().length > 256) {
                    throw new IllegalArgumentException("no encoding for more than 256 values: " + component);
                }
                return ENUM;
            }
            if (type.isRecord()) {
                return RECORD;
            }
            if (type == List.class) {
                return elementType(component) == String.class ? STRINGS : RECORDS;
            }
            for (Form form : values()) {
                if (form.encoded.equals(desc(type))) {
                    return form;
                }
            }
            throw new IllegalArgumentException("no encoding for " + component);
        }
    }
}
