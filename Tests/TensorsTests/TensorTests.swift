import Tensors
import Testing

@Suite struct TensorTests {
    @Test func copiesAreValues() {
        var a = Tensor<Float>(shape: [2, 3], elements: [0, 1, 2, 3, 4, 5])
        let b = a
        a[1, 2] = 9
        #expect(a.elements == [0, 1, 2, 3, 4, 9] && b.elements == [0, 1, 2, 3, 4, 5])
        var c = b.reshaped([3, 2])
        c[0, 0] = 7
        #expect(b[0, 0] == 0 && c[0, 0] == 7 && c.shape == [3, 2])
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000])
    func memoryIsAlignedAndZero(count: Int) {
        let tensor = Tensor<Float>(shape: [count])
        tensor.withUnsafePointer { #expect(Int(bitPattern: $0) % 64 == 0) }
        #expect(tensor.elements.allSatisfy { $0 == 0 })
    }

    @Test func permutationMovesAxes() {
        let nhwc = Tensor<Int32>(shape: [2, 2, 3, 4], elements: (0 ..< 48).map { Int32($0) })
        let nchw = nhwc.permuted([0, 3, 1, 2])
        #expect(nchw.shape == [2, 4, 2, 3])
        for n in 0 ..< 2 { for y in 0 ..< 2 { for x in 0 ..< 3 { for c in 0 ..< 4 { #expect(nchw[n, c, y, x] == nhwc[n, y, x, c]) } } } }
        #expect(nchw.permuted([0, 2, 3, 1]) == nhwc)
    }

    @Test func shapesRefuseWhatCannotBe() {
        #expect(Shape(checking: [2, -1]) == nil)
        #expect(Shape(checking: [Int.max, 2]) == nil)
        #expect(Shape(checking: [Int.max, 0])?.count == 0)
        #expect(Shape(checking: [])?.count == 1)
        #expect(Shape([2, 28, 28, 1]).description == "[2, 28, 28, 1]")
    }

    @Test func layoutsKnowTheirSteps() {
        let layout = Layout(contiguous: [2, 3, 4])
        #expect(layout.steps == [12, 4, 1] && layout.isContiguous)
        let turned = layout.permuted([2, 0, 1])
        #expect(turned.steps == [1, 12, 4] && !turned.isContiguous && turned.shape == [4, 2, 3])
        #expect(turned.offset(of: [3, 1, 2]) == layout.offset(of: [1, 2, 3]))
    }
}
