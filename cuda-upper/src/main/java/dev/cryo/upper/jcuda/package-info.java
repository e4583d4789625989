/**
 * Translates JCuda's functions to {@link dev.cryo.upper.cuda}.
 *
 * <p>A method of a translation class translates the native method of JCuda that has its name followed by "Native" and
 * its parameters; {@link dev.cryo.upper.jcuda.Translator} lists the classes and links the methods. A method that
 * returns nothing answers success; a {@link dev.cryo.upper.cuda.CudaError} that it throws is answered as its code. A
 * native method without a translation is refused by name.
 *
 * <pre>{@code
 * void cuMemAlloc(CUdeviceptr dptr, long bytesize) throws CudaError {
 *     Pointers.set(dptr, cuda.memory().allocate(cuda.contexts().current(), bytesize));
 * }
 * }</pre>
 *
 * <p>These classes are loaded once for each class loader that has a JCuda, and see that one. They are records, because
 * the JVM takes the fields of records for constants.
 */
@NullMarked
package dev.cryo.upper.jcuda;

import org.jspecify.annotations.NullMarked;
