package dev.cryo.benchmarks.trainer;

import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of digits.ptx, each launched by a method of its own on one stream. Matrices are row-major. Needs a
 * current context; owns the module.
 */
final class Kernels implements AutoCloseable {
    private static final String RESOURCE = "digits.ptx";
    private static final int TILE = 16;
    private static final int BLOCK = 256;
    private static final int WARP = 32;

    private final CUmodule module = new CUmodule();
    private final CUstream stream;
    private final CUfunction productNn;
    private final CUfunction productTn;
    private final CUfunction productNt;
    private final CUfunction addBias;
    private final CUfunction addBiasRelu;
    private final CUfunction reluBackward;
    private final CUfunction columnSums;
    private final CUfunction softmaxCrossEntropy;
    private final CUfunction addTotal;
    private final CUfunction sgdMomentum;
    private final CUfunction argmax;

    Kernels(CUstream stream) throws IOException {
        this.stream = stream;
        cuModuleLoadData(module, ptx());
        productNn = function("product_nn");
        productTn = function("product_tn");
        productNt = function("product_nt");
        addBias = function("add_bias");
        addBiasRelu = function("add_bias_relu");
        reluBackward = function("relu_backward");
        columnSums = function("column_sums");
        softmaxCrossEntropy = function("softmax_cross_entropy");
        addTotal = function("add_total");
        sgdMomentum = function("sgd_momentum");
        argmax = function("argmax");
    }

    /** The text with the zero byte at its end that cuModuleLoadData asks for. */
    private static byte[] ptx() throws IOException {
        try (@Nullable InputStream in = Kernels.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("resource " + RESOURCE + " is missing beside " + Kernels.class.getName());
            }
            byte[] text = in.readAllBytes();
            return Arrays.copyOf(text, text.length + 1);
        }
    }

    private CUfunction function(String name) {
        var function = new CUfunction();
        cuModuleGetFunction(function, module, name);
        return function;
    }

    /** c (m x n) = a (m x k) b (k x n). */
    void product(CUdeviceptr a, CUdeviceptr b, CUdeviceptr c, int m, int n, int k) {
        launchProduct(productNn, a, b, c, m, n, k);
    }

    /** c (m x n) = a' b, where a is stored k x m. */
    void productOfTransposed(CUdeviceptr a, CUdeviceptr b, CUdeviceptr c, int m, int n, int k) {
        launchProduct(productTn, a, b, c, m, n, k);
    }

    /** c (m x n) = a b', where b is stored n x k. */
    void productByTransposed(CUdeviceptr a, CUdeviceptr b, CUdeviceptr c, int m, int n, int k) {
        launchProduct(productNt, a, b, c, m, n, k);
    }

    void addBias(CUdeviceptr z, CUdeviceptr bias, int rows, int cols) {
        launch(addBias, rows * cols, pointer(z), pointer(bias), of(rows), of(cols));
    }

    void addBiasRelu(CUdeviceptr z, CUdeviceptr bias, int rows, int cols) {
        launch(addBiasRelu, rows * cols, pointer(z), pointer(bias), of(rows), of(cols));
    }

    void reluBackward(CUdeviceptr gradient, CUdeviceptr activation, int count) {
        launch(reluBackward, count, pointer(gradient), pointer(activation), of(count));
    }

    void columnSums(CUdeviceptr a, CUdeviceptr out, int rows, int cols) {
        launch(columnSums, cols, pointer(a), pointer(out), of(rows), of(cols));
    }

    void softmaxCrossEntropy(
            CUdeviceptr logits, CUdeviceptr labels, CUdeviceptr gradient, CUdeviceptr rowLoss, int rows, int classes) {
        launch(
                softmaxCrossEntropy,
                rows * WARP,
                pointer(logits),
                pointer(labels),
                pointer(gradient),
                pointer(rowLoss),
                of(rows),
                of(classes));
    }

    void addTotal(CUdeviceptr values, int count, CUdeviceptr total) {
        launch(addTotal, BLOCK, pointer(values), of(count), pointer(total));
    }

    void sgdMomentum(
            CUdeviceptr weights, CUdeviceptr velocity, CUdeviceptr gradient, int count, float rate, float momentum) {
        launch(
                sgdMomentum,
                count,
                pointer(weights),
                pointer(velocity),
                pointer(gradient),
                of(count),
                of(rate),
                of(momentum));
    }

    void argmax(CUdeviceptr logits, CUdeviceptr predicted, int rows, int classes) {
        launch(argmax, rows, pointer(logits), pointer(predicted), of(rows), of(classes));
    }

    @Override
    public void close() {
        cuModuleUnload(module);
    }

    private void launchProduct(CUfunction f, CUdeviceptr a, CUdeviceptr b, CUdeviceptr c, int m, int n, int k) {
        Pointer parameters = Pointer.to(pointer(a), pointer(b), pointer(c), of(m), of(n), of(k));
        cuLaunchKernel(f, tiles(n), tiles(m), 1, TILE, TILE, 1, 0, stream, parameters, null);
    }

    private void launch(CUfunction function, int threads, Pointer... parameters) {
        int blocks = (threads + BLOCK - 1) / BLOCK;
        cuLaunchKernel(function, blocks, 1, 1, BLOCK, 1, 1, 0, stream, Pointer.to(parameters), null);
    }

    private static int tiles(int length) {
        return (length + TILE - 1) / TILE;
    }

    private static Pointer pointer(CUdeviceptr memory) {
        return Pointer.to(memory);
    }

    private static Pointer of(int value) {
        return Pointer.to(new int[] {value});
    }

    private static Pointer of(float value) {
        return Pointer.to(new float[] {value});
    }
}
