;; The scan of a namespace: one query against many rows.
;;
;; A row of 32-bit floats has $rowBytes bytes, a multiple of 16 (rounded to bytes: of 32), padded with zeros, as
;; has the query; there is at least one row.
;; One number a row goes to $out. Addresses are unsigned: nothing here compares them but for equality.
;; scan-module.ts holds this module, assembled, as base64; a test assembles it again and compares.
(module
  (import "host" "memory" (memory 1 65536))

  ;; Dot products.
  (func (export "dots")
    (param $query i32) (param $row i32) (param $rowBytes i32) (param $rows i32) (param $out i32)
    (local $at i32) (local $wideEnd i32) (local $rowEnd i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $nextRow
      (local.set $at (local.get $query))
      (local.set $wideEnd (i32.add (local.get $row) (i32.and (local.get $rowBytes) (i32.const -64))))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      ;; Sixteen numbers a step, in four independent sums.
      (block $wideDone
        (loop $wide
          (br_if $wideDone (i32.eq (local.get $row) (local.get $wideEnd)))
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (v128.load (local.get $row)) (v128.load (local.get $at)))))
          (local.set $b (f32x4.add (local.get $b)
            (f32x4.mul (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at)))))
          (local.set $c (f32x4.add (local.get $c)
            (f32x4.mul (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at)))))
          (local.set $d (f32x4.add (local.get $d)
            (f32x4.mul (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at)))))
          (local.set $row (i32.add (local.get $row) (i32.const 64)))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br $wide)))
      ;; What is left, four numbers a step.
      (block $done
        (loop $rest
          (br_if $done (i32.eq (local.get $row) (local.get $rowEnd)))
          (local.set $a (f32x4.add (local.get $a)
            (f32x4.mul (v128.load (local.get $row)) (v128.load (local.get $at)))))
          (local.set $row (i32.add (local.get $row) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $rest)))
      (local.set $a (f32x4.add (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $out) (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
        (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $nextRow (local.get $rows))))

  ;; Squares of euclidean distances.
  (func (export "squares")
    (param $query i32) (param $row i32) (param $rowBytes i32) (param $rows i32) (param $out i32)
    (local $at i32) (local $wideEnd i32) (local $rowEnd i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $gap v128)
    (loop $nextRow
      (local.set $at (local.get $query))
      (local.set $wideEnd (i32.add (local.get $row) (i32.and (local.get $rowBytes) (i32.const -64))))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      ;; Sixteen numbers a step, in four independent sums.
      (block $wideDone
        (loop $wide
          (br_if $wideDone (i32.eq (local.get $row) (local.get $wideEnd)))
          (local.set $gap (f32x4.sub (v128.load (local.get $row)) (v128.load (local.get $at))))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $gap) (local.get $gap))))
          (local.set $gap (f32x4.sub (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $at))))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $gap) (local.get $gap))))
          (local.set $gap (f32x4.sub (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $at))))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $gap) (local.get $gap))))
          (local.set $gap (f32x4.sub (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $at))))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $gap) (local.get $gap))))
          (local.set $row (i32.add (local.get $row) (i32.const 64)))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br $wide)))
      ;; What is left, four numbers a step.
      (block $done
        (loop $rest
          (br_if $done (i32.eq (local.get $row) (local.get $rowEnd)))
          (local.set $gap (f32x4.sub (v128.load (local.get $row)) (v128.load (local.get $at))))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $gap) (local.get $gap))))
          (local.set $row (i32.add (local.get $row) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $rest)))
      (local.set $a (f32x4.add (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $out) (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
        (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $nextRow (local.get $rows))))

  ;; Dot products of rounded numbers: rows of bytes, 32 at a time, with a query of 16-bit numbers. Whole numbers,
  ;; exact as long as no sum exceeds 32 bits.
  (func (export "coarse")
    (param $query i32) (param $row i32) (param $rowBytes i32) (param $rows i32) (param $out i32)
    (local $at i32) (local $rowEnd i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $nextRow
      (local.set $at (local.get $query))
      (local.set $rowEnd (i32.add (local.get $row) (local.get $rowBytes)))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (loop $wide
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.dot_i16x8_s (v128.load8x8_s (local.get $row)) (v128.load (local.get $at)))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (local.get $row)) (v128.load offset=16 (local.get $at)))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=16 (local.get $row)) (v128.load offset=32 (local.get $at)))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.dot_i16x8_s (v128.load8x8_s offset=24 (local.get $row)) (v128.load offset=48 (local.get $at)))))
        (local.set $row (i32.add (local.get $row) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br_if $wide (i32.ne (local.get $row) (local.get $rowEnd))))
      (local.set $a (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d))))
      (i32.store (local.get $out) (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $a)) (i32x4.extract_lane 1 (local.get $a)))
        (i32.add (i32x4.extract_lane 2 (local.get $a)) (i32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $nextRow (local.get $rows))))
)
