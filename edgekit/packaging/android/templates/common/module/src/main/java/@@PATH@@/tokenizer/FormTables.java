// The tables of Unicode's normalization forms to Hugging Face tokenizers, written by a program that asked it.
package @@ID@@.tokenizer;

/** Numbers in base 36. See {@link UnicodeForms}. */
final class FormTables {
    private FormTables() {}

    /** full canonical decompositions. */
    static final String CANONICAL =
            "5c 0 2 1t lc 1 0 2 1t ld 1 0 2 1t le 1 0 2 1t lf 1 0 2 1t lk 1 0 2 1t lm 2 0 2 1v mf 1 0 2 1x " //
                + "lc 1 0 2 1x ld 1 0 2 1x le 1 0 2 1x lk 1 0 2 21 lc 1 0 2 21 ld 1 0 2 21 le 1 0 2 21 lk 2 0 2 " //
                + "26 lf 1 0 2 27 lc 1 0 2 27 ld 1 0 2 27 le 1 0 2 27 lf 1 0 2 27 lk 3 0 2 2d lc 1 0 2 2d ld 1 0 " //
                + "2 2d le 1 0 2 2d lk 1 0 2 2h ld 3 0 2 2p lc 1 0 2 2p ld 1 0 2 2p le 1 0 2 2p lf 1 0 2 2p lk 1 " //
                + "0 2 2p lm 2 0 2 2r mf 1 0 2 2t lc 1 0 2 2t ld 1 0 2 2t le 1 0 2 2t lk 1 0 2 2x lc 1 0 2 2x ld " //
                + "1 0 2 2x le 1 0 2 2x lk 2 0 2 32 lf 1 0 2 33 lc 1 0 2 33 ld 1 0 2 33 le 1 0 2 33 lf 1 0 2 33 " //
                + "lk 3 0 2 39 lc 1 0 2 39 ld 1 0 2 39 le 1 0 2 39 lk 1 0 2 3d ld 2 0 2 3d lk 1 0 2 1t lg 1 0 2 " //
                + "2p lg 1 0 2 1t li 1 0 2 2p li 1 0 2 1t mg 1 0 2 2p mg 1 0 2 1v ld 1 0 2 2r ld 1 0 2 1v le 1 0 " //
                + "2 2r le 1 0 2 1v lj 1 0 2 2r lj 1 0 2 1v lo 1 0 2 2r lo 1 0 2 1w lo 1 0 2 2s lo 3 0 2 1x lg 1 " //
                + "0 2 2t lg 1 0 2 1x li 1 0 2 2t li 1 0 2 1x lj 1 0 2 2t lj 1 0 2 1x mg 1 0 2 2t mg 1 0 2 1x lo " //
                + "1 0 2 2t lo 1 0 2 1z le 1 0 2 2v le 1 0 2 1z li 1 0 2 2v li 1 0 2 1z lj 1 0 2 2v lj 1 0 2 1z " //
                + "mf 1 0 2 2v mf 1 0 2 20 le 1 0 2 2w le 3 0 2 21 lf 1 0 2 2x lf 1 0 2 21 lg 1 0 2 2x lg 1 0 2 " //
                + "21 li 1 0 2 2x li 1 0 2 21 mg 1 0 2 2x mg 1 0 2 21 lj 4 0 2 22 le 1 0 2 2y le 1 0 2 23 mf 1 0 " //
                + "2 2z mf 2 0 2 24 ld 1 0 2 30 ld 1 0 2 24 mf 1 0 2 30 mf 1 0 2 24 lo 1 0 2 30 lo 5 0 2 26 ld 1 " //
                + "0 2 32 ld 1 0 2 26 mf 1 0 2 32 mf 1 0 2 26 lo 1 0 2 32 lo 4 0 2 27 lg 1 0 2 33 lg 1 0 2 27 li " //
                + "1 0 2 33 li 1 0 2 27 ln 1 0 2 33 ln 3 0 2 2a ld 1 0 2 36 ld 1 0 2 2a mf 1 0 2 36 mf 1 0 2 2a " //
                + "lo 1 0 2 36 lo 1 0 2 2b ld 1 0 2 37 ld 1 0 2 2b le 1 0 2 37 le 1 0 2 2b mf 1 0 2 37 mf 1 0 2 " //
                + "2b lo 1 0 2 37 lo 1 0 2 2c mf 1 0 2 38 mf 1 0 2 2c lo 1 0 2 38 lo 3 0 2 2d lf 1 0 2 39 lf 1 0 " //
                + "2 2d lg 1 0 2 39 lg 1 0 2 2d li 1 0 2 39 li 1 0 2 2d lm 1 0 2 39 lm 1 0 2 2d ln 1 0 2 39 ln 1 " //
                + "0 2 2d mg 1 0 2 39 mg 1 0 2 2f le 1 0 2 3b le 1 0 2 2h le 1 0 2 3d le 1 0 2 2h lk 1 0 2 2i ld " //
                + "1 0 2 3e ld 1 0 2 2i lj 1 0 2 3e lj 1 0 2 2i lo 1 0 2 3e lo y 0 2 27 m3 1 0 2 33 m3 e 0 2 2d " //
                + "m3 1 0 2 39 m3 t 0 2 1t lo 1 0 2 2p lo 1 0 2 21 lo 1 0 2 2x lo 1 0 2 27 lo 1 0 2 33 lo 1 0 2 " //
                + "2d lo 1 0 2 39 lo 1 0 3 2d lk lg 1 0 3 39 lk lg 1 0 3 2d lk ld 1 0 3 39 lk ld 1 0 3 2d lk lo 1 " //
                + "0 3 39 lk lo 1 0 3 2d lk lc 1 0 3 39 lk lc 2 0 3 1t lk lg 1 0 3 2p lk lg 1 0 3 1t lj lg 1 0 3 " //
                + "2p lj lg 1 0 2 5i lg 1 0 2 6e lg 3 0 2 1z lo 1 0 2 2v lo 1 0 2 23 lo 1 0 2 2z lo 1 0 2 27 mg 1 " //
                + "0 2 33 mg 1 0 3 27 mg lg 1 0 3 33 mg lg 1 0 2 c7 lo 1 0 2 ia lo 1 0 2 2y lo 4 0 2 1z ld 1 0 2 " //
                + "2v ld 3 0 2 26 lc 1 0 2 32 lc 1 0 3 1t lm ld 1 0 3 2p lm ld 1 0 2 5i ld 1 0 2 6e ld 1 0 2 60 " //
                + "ld 1 0 2 6w ld 1 0 2 1t lr 1 0 2 2p lr 1 0 2 1t lt 1 0 2 2p lt 1 0 2 1x lr 1 0 2 2t lr 1 0 2 " //
                + "1x lt 1 0 2 2t lt 1 0 2 21 lr 1 0 2 2x lr 1 0 2 21 lt 1 0 2 2x lt 1 0 2 27 lr 1 0 2 33 lr 1 0 " //
                + "2 27 lt 1 0 2 33 lt 1 0 2 2a lr 1 0 2 36 lr 1 0 2 2a lt 1 0 2 36 lt 1 0 2 2d lr 1 0 2 39 lr 1 " //
                + "0 2 2d lt 1 0 2 39 lt 1 0 2 2b me 1 0 2 37 me 1 0 2 2c me 1 0 2 38 me 3 0 2 20 lo 1 0 2 2w lo " //
                + "7 0 2 1t lj 1 0 2 2p lj 1 0 2 1x mf 1 0 2 2t mf 1 0 3 27 lk lg 1 0 3 33 lk lg 1 0 3 27 lf lg 1 " //
                + "0 3 33 lf lg 1 0 2 27 lj 1 0 2 33 lj 1 0 3 27 lj lg 1 0 3 33 lj lg 1 0 2 2h lg 1 0 2 3d lg 7h " //
                + "1 1 3j 2 0 1 2n 1 0 2 lk ld 1c 0 1 ad a 0 1 1ad 7 0 2 4o ld 1 0 2 pd ld 1 0 1 13z 1 0 2 ph ld " //
                + "1 0 2 pj ld 1 0 2 pl ld 2 0 2 pr ld 2 0 2 px ld 1 0 2 q1 ld 1 0 3 qh lk ld q 0 2 pl lk 1 0 2 " //
                + "px lk 1 0 2 q9 ld 1 0 2 qd ld 1 0 2 qf ld 1 0 2 qh ld 1 0 3 qt lk ld q 0 2 qh lk 1 0 2 qt lk 1 " //
                + "0 2 qn ld 1 0 2 qt ld 1 0 2 qx ld 5 0 2 r6 ld 1 0 2 r6 lk 18 0 2 t1 lc 1 0 2 t1 lk 2 0 2 sz ld " //
                + "4 0 2 sm lk 5 0 2 t6 ld 1 0 2 t4 lc 1 0 2 tf li b 0 2 t4 li w 0 2 u0 li n 0 2 tx lc 1 0 2 tx " //
                + "lk 2 0 2 tv ld 4 0 2 uu lk 5 0 2 u2 ld 1 0 2 u0 lc 1 0 2 ub li o 0 2 vo lr 1 0 2 vp lr 22 0 2 " //
                + "t2 li 1 0 2 ty li e 0 2 sw li 1 0 2 ts li 1 0 2 sw lk 1 0 2 ts lk 3 0 2 t1 li 1 0 2 tx li 3 0 " //
                + "2 yg lk 1 0 2 yh lk 1 0 2 t2 lk 1 0 2 ty lk 1 0 2 t3 lk 1 0 2 tz lk 3 0 2 t4 lg 1 0 2 u0 lg 1 " //
                + "0 2 t4 lk 1 0 2 u0 lk 1 0 2 ta lk 1 0 2 u6 lk 3 0 2 yw lk 1 0 2 yx lk 1 0 2 tp lk 1 0 2 ul lk " //
                + "1 0 2 tf lg 1 0 2 ub lg 1 0 2 tf lk 1 0 2 ub lk 1 0 2 tf ln 1 0 2 ub ln 1 0 2 tj lk 1 0 2 uf " //
                + "lk 3 0 2 tn lk 1 0 2 uj lk 89 0 2 17r 18z 1 0 2 17r 190 1 0 2 18o 190 1 0 2 17r 191 1 0 2 18q " //
                + "190 4a 0 2 1cl 190 2 0 2 1c1 190 h 0 2 1ci 190 gm 0 2 1t4 1to 8 0 2 1tc 1to 3 0 2 1tf 1to 10 0 " //
                + "2 1sl 1to 1 0 2 1sm 1to 1 0 2 1sn 1to 1 0 2 1ss 1to 1 0 2 1sx 1to 1 0 2 1sy 1to 1 0 2 1t7 1to " //
                + "1 0 2 1tb 1to 30 0 2 1xj 1xa 1 0 2 1xj 1xz g 0 2 1wh 1x8 1 0 2 1wi 1x8 2 0 2 1wv 1x8 2c 0 2 " //
                + "20i 20s 3 0 2 20o 20s z 0 2 1zq 20s 1 0 2 1zr 20s 1 0 2 1zw 20s 3 0 2 20b 20s 6i 0 2 287 28m 3 " //
                + "0 2 287 27y 1 0 2 287 28n g 0 2 275 27w 1 0 2 276 27w 1j 0 2 2aa 2c7 1i 0 2 2bq 2bi 1 0 2 2br " //
                + "2bi 1 0 2 2bq 2c7 3g 0 2 2fa 2fq 3c 0 2 2in 2j9 7 0 2 2iu 2j9 1 0 2 2iu 2ja 2 0 2 2iu 2iq 1 0 " //
                + "3 2iu 2iq 2j9 3j 0 2 2me 2m6 1 0 2 2mf 2m6 1 0 2 2me 2mv 3y 0 2 2qh 2q2 2 0 2 2qh 2q7 1 0 3 " //
                + "2qh 2q7 2q2 1 0 2 2qh 2qn 9x 0 2 30i 33r a 0 2 30s 33r 5 0 2 30x 33r 5 0 2 312 33r 5 0 2 317 " //
                + "33r d 0 2 30g 33p a 0 2 31t 31u 2 0 2 31t 31w 1 0 2 33m 328 2 0 2 33n 328 9 0 2 31t 328 i 0 2 " //
                + "32q 33r a 0 2 330 33r 5 0 2 335 33r 5 0 2 33a 33r 5 0 2 33f 33r d 0 2 32o 33p 31 0 2 36t 372 " //
                + "25c 0 2 5c5 5dh 2 0 2 5c7 5dh 2 0 2 5c9 5dh 2 0 2 5cb 5dh 2 0 2 5cd 5dh 4 0 2 5ch 5dh 15 0 2 " //
                + "5dm 5dh 2 0 2 5do 5dh 3 0 2 5dq 5dh 1 0 2 5dr 5dh 2 0 2 5du 5dh jh 0 2 1t md 1 0 2 2p md 1 0 2 " //
                + "1u lj 1 0 2 2q lj 1 0 2 1u mb 1 0 2 2q mb 1 0 2 1u mp 1 0 2 2q mp 1 0 3 1v mf ld 1 0 3 2r mf " //
                + "ld 1 0 2 1w lj 1 0 2 2s lj 1 0 2 1w mb 1 0 2 2s mb 1 0 2 1w mp 1 0 2 2s mp 1 0 2 1w mf 1 0 2 " //
                + "2s mf 1 0 2 1w ml 1 0 2 2s ml 1 0 3 1x lg lc 1 0 3 2t lg lc 1 0 3 1x lg ld 1 0 3 2t lg ld 1 0 " //
                + "2 1x ml 1 0 2 2t ml 1 0 2 1x mo 1 0 2 2t mo 1 0 3 1x mf li 1 0 3 2t mf li 1 0 2 1y lj 1 0 2 2u " //
                + "lj 1 0 2 1z lg 1 0 2 2v lg 1 0 2 20 lj 1 0 2 2w lj 1 0 2 20 mb 1 0 2 2w mb 1 0 2 20 lk 1 0 2 " //
                + "2w lk 1 0 2 20 mf 1 0 2 2w mf 1 0 2 20 mm 1 0 2 2w mm 1 0 2 21 mo 1 0 2 2x mo 1 0 3 21 lk ld 1 " //
                + "0 3 2x lk ld 1 0 2 23 ld 1 0 2 2z ld 1 0 2 23 mb 1 0 2 2z mb 1 0 2 23 mp 1 0 2 2z mp 1 0 2 24 " //
                + "mb 1 0 2 30 mb 1 0 3 24 mb lg 1 0 3 30 mb lg 1 0 2 24 mp 1 0 2 30 mp 1 0 2 24 ml 1 0 2 30 ml 1 " //
                + "0 2 25 ld 1 0 2 31 ld 1 0 2 25 lj 1 0 2 31 lj 1 0 2 25 mb 1 0 2 31 mb 1 0 2 26 lj 1 0 2 32 lj " //
                + "1 0 2 26 mb 1 0 2 32 mb 1 0 2 26 mp 1 0 2 32 mp 1 0 2 26 ml 1 0 2 32 ml 1 0 3 27 lf ld 1 0 3 " //
                + "33 lf ld 1 0 3 27 lf lk 1 0 3 33 lf lk 1 0 3 27 lg lc 1 0 3 33 lg lc 1 0 3 27 lg ld 1 0 3 33 " //
                + "lg ld 1 0 2 28 ld 1 0 2 34 ld 1 0 2 28 lj 1 0 2 34 lj 1 0 2 2a lj 1 0 2 36 lj 1 0 2 2a mb 1 0 " //
                + "2 36 mb 1 0 3 2a mb lg 1 0 3 36 mb lg 1 0 2 2a mp 1 0 2 36 mp 1 0 2 2b lj 1 0 2 37 lj 1 0 2 2b " //
                + "mb 1 0 2 37 mb 1 0 3 2b ld lj 1 0 3 37 ld lj 1 0 3 2b lo lj 1 0 3 37 lo lj 1 0 3 2b mb lj 1 0 " //
                + "3 37 mb lj 1 0 2 2c lj 1 0 2 38 lj 1 0 2 2c mb 1 0 2 38 mb 1 0 2 2c mp 1 0 2 38 mp 1 0 2 2c ml " //
                + "1 0 2 38 ml 1 0 2 2d mc 1 0 2 39 mc 1 0 2 2d mo 1 0 2 39 mo 1 0 2 2d ml 1 0 2 39 ml 1 0 3 2d " //
                + "lf ld 1 0 3 39 lf ld 1 0 3 2d lg lk 1 0 3 39 lg lk 1 0 2 2e lf 1 0 2 3a lf 1 0 2 2e mb 1 0 2 " //
                + "3a mb 1 0 2 2f lc 1 0 2 3b lc 1 0 2 2f ld 1 0 2 3b ld 1 0 2 2f lk 1 0 2 3b lk 1 0 2 2f lj 1 0 " //
                + "2 3b lj 1 0 2 2f mb 1 0 2 3b mb 1 0 2 2g lj 1 0 2 3c lj 1 0 2 2g lk 1 0 2 3c lk 1 0 2 2h lj 1 " //
                + "0 2 3d lj 1 0 2 2i le 1 0 2 3e le 1 0 2 2i mb 1 0 2 3e mb 1 0 2 2i mp 1 0 2 3e mp 1 0 2 2w mp " //
                + "1 0 2 38 lk 1 0 2 3b lm 1 0 2 3d lm 2 0 2 an lj 5 0 2 1t mb 1 0 2 2p mb 1 0 2 1t ll 1 0 2 2p " //
                + "ll 1 0 3 1t le ld 1 0 3 2p le ld 1 0 3 1t le lc 1 0 3 2p le lc 1 0 3 1t le ll 1 0 3 2p le ll 1 " //
                + "0 3 1t le lf 1 0 3 2p le lf 1 0 3 1t mb le 1 0 3 2p mb le 1 0 3 1t li ld 1 0 3 2p li ld 1 0 3 " //
                + "1t li lc 1 0 3 2p li lc 1 0 3 1t li ll 1 0 3 2p li ll 1 0 3 1t li lf 1 0 3 2p li lf 1 0 3 1t " //
                + "mb li 1 0 3 2p mb li 1 0 2 1x mb 1 0 2 2t mb 1 0 2 1x ll 1 0 2 2t ll 1 0 2 1x lf 1 0 2 2t lf 1 " //
                + "0 3 1x le ld 1 0 3 2t le ld 1 0 3 1x le lc 1 0 3 2t le lc 1 0 3 1x le ll 1 0 3 2t le ll 1 0 3 " //
                + "1x le lf 1 0 3 2t le lf 1 0 3 1x mb le 1 0 3 2t mb le 1 0 2 21 ll 1 0 2 2x ll 1 0 2 21 mb 1 0 " //
                + "2 2x mb 1 0 2 27 mb 1 0 2 33 mb 1 0 2 27 ll 1 0 2 33 ll 1 0 3 27 le ld 1 0 3 33 le ld 1 0 3 27 " //
                + "le lc 1 0 3 33 le lc 1 0 3 27 le ll 1 0 3 33 le ll 1 0 3 27 le lf 1 0 3 33 le lf 1 0 3 27 mb " //
                + "le 1 0 3 33 mb le 1 0 3 27 m3 ld 1 0 3 33 m3 ld 1 0 3 27 m3 lc 1 0 3 33 m3 lc 1 0 3 27 m3 ll 1 " //
                + "0 3 33 m3 ll 1 0 3 27 m3 lf 1 0 3 33 m3 lf 1 0 3 27 m3 mb 1 0 3 33 m3 mb 1 0 2 2d mb 1 0 2 39 " //
                + "mb 1 0 2 2d ll 1 0 2 39 ll 1 0 3 2d m3 ld 1 0 3 39 m3 ld 1 0 3 2d m3 lc 1 0 3 39 m3 lc 1 0 3 " //
                + "2d m3 ll 1 0 3 39 m3 ll 1 0 3 2d m3 lf 1 0 3 39 m3 lf 1 0 3 2d m3 mb 1 0 3 39 m3 mb 1 0 2 2h " //
                + "lc 1 0 2 3d lc 1 0 2 2h mb 1 0 2 3d mb 1 0 2 2h ll 1 0 2 3d ll 1 0 2 2h lf 1 0 2 3d lf 7 0 2 " //
                + "q9 lv 1 0 2 q9 lw 1 0 3 q9 lv lc 1 0 3 q9 lw lc 1 0 3 q9 lv ld 1 0 3 q9 lw ld 1 0 3 q9 lv n6 1 " //
                + "0 3 q9 lw n6 1 0 2 pd lv 1 0 2 pd lw 1 0 3 pd lv lc 1 0 3 pd lw lc 1 0 3 pd lv ld 1 0 3 pd lw " //
                + "ld 1 0 3 pd lv n6 1 0 3 pd lw n6 1 0 2 qd lv 1 0 2 qd lw 1 0 3 qd lv lc 1 0 3 qd lw lc 1 0 3 " //
                + "qd lv ld 1 0 3 qd lw ld 3 0 2 ph lv 1 0 2 ph lw 1 0 3 ph lv lc 1 0 3 ph lw lc 1 0 3 ph lv ld 1 " //
                + "0 3 ph lw ld 3 0 2 qf lv 1 0 2 qf lw 1 0 3 qf lv lc 1 0 3 qf lw lc 1 0 3 qf lv ld 1 0 3 qf lw " //
                + "ld 1 0 3 qf lv n6 1 0 3 qf lw n6 1 0 2 pj lv 1 0 2 pj lw 1 0 3 pj lv lc 1 0 3 pj lw lc 1 0 3 " //
                + "pj lv ld 1 0 3 pj lw ld 1 0 3 pj lv n6 1 0 3 pj lw n6 1 0 2 qh lv 1 0 2 qh lw 1 0 3 qh lv lc 1 " //
                + "0 3 qh lw lc 1 0 3 qh lv ld 1 0 3 qh lw ld 1 0 3 qh lv n6 1 0 3 qh lw n6 1 0 2 pl lv 1 0 2 pl " //
                + "lw 1 0 3 pl lv lc 1 0 3 pl lw lc 1 0 3 pl lv ld 1 0 3 pl lw ld 1 0 3 pl lv n6 1 0 3 pl lw n6 1 " //
                + "0 2 qn lv 1 0 2 qn lw 1 0 3 qn lv lc 1 0 3 qn lw lc 1 0 3 qn lv ld 1 0 3 qn lw ld 3 0 2 pr lv " //
                + "1 0 2 pr lw 1 0 3 pr lv lc 1 0 3 pr lw lc 1 0 3 pr lv ld 1 0 3 pr lw ld 3 0 2 qt lv 1 0 2 qt " //
                + "lw 1 0 3 qt lv lc 1 0 3 qt lw lc 1 0 3 qt lv ld 1 0 3 qt lw ld 1 0 3 qt lv n6 1 0 3 qt lw n6 2 " //
                + "0 2 px lw 2 0 3 px lw lc 2 0 3 px lw ld 2 0 3 px lw n6 1 0 2 qx lv 1 0 2 qx lw 1 0 3 qx lv lc " //
                + "1 0 3 qx lw lc 1 0 3 qx lv ld 1 0 3 qx lw ld 1 0 3 qx lv n6 1 0 3 qx lw n6 1 0 2 q1 lv 1 0 2 " //
                + "q1 lw 1 0 3 q1 lv lc 1 0 3 q1 lw lc 1 0 3 q1 lv ld 1 0 3 q1 lw ld 1 0 3 q1 lv n6 1 0 3 q1 lw " //
                + "n6 1 0 2 q9 lc 1 0 2 q9 ld 1 0 2 qd lc 1 0 2 qd ld 1 0 2 qf lc 1 0 2 qf ld 1 0 2 qh lc 1 0 2 " //
                + "qh ld 1 0 2 qn lc 1 0 2 qn ld 1 0 2 qt lc 1 0 2 qt ld 1 0 2 qx lc 1 0 2 qx ld 3 0 3 q9 lv n9 1 " //
                + "0 3 q9 lw n9 1 0 4 q9 lv lc n9 1 0 4 q9 lw lc n9 1 0 4 q9 lv ld n9 1 0 4 q9 lw ld n9 1 0 4 q9 " //
                + "lv n6 n9 1 0 4 q9 lw n6 n9 1 0 3 pd lv n9 1 0 3 pd lw n9 1 0 4 pd lv lc n9 1 0 4 pd lw lc n9 1 " //
                + "0 4 pd lv ld n9 1 0 4 pd lw ld n9 1 0 4 pd lv n6 n9 1 0 4 pd lw n6 n9 1 0 3 qf lv n9 1 0 3 qf " //
                + "lw n9 1 0 4 qf lv lc n9 1 0 4 qf lw lc n9 1 0 4 qf lv ld n9 1 0 4 qf lw ld n9 1 0 4 qf lv n6 " //
                + "n9 1 0 4 qf lw n6 n9 1 0 3 pj lv n9 1 0 3 pj lw n9 1 0 4 pj lv lc n9 1 0 4 pj lw lc n9 1 0 4 " //
                + "pj lv ld n9 1 0 4 pj lw ld n9 1 0 4 pj lv n6 n9 1 0 4 pj lw n6 n9 1 0 3 qx lv n9 1 0 3 qx lw " //
                + "n9 1 0 4 qx lv lc n9 1 0 4 qx lw lc n9 1 0 4 qx lv ld n9 1 0 4 qx lw ld n9 1 0 4 qx lv n6 n9 1 " //
                + "0 4 qx lw n6 n9 1 0 3 q1 lv n9 1 0 3 q1 lw n9 1 0 4 q1 lv lc n9 1 0 4 q1 lw lc n9 1 0 4 q1 lv " //
                + "ld n9 1 0 4 q1 lw ld n9 1 0 4 q1 lv n6 n9 1 0 4 q1 lw n6 n9 1 0 2 q9 li 1 0 2 q9 lg 1 0 3 q9 " //
                + "lc n9 1 0 2 q9 n9 1 0 3 q9 ld n9 2 0 2 q9 n6 1 0 3 q9 n6 n9 1 0 2 pd li 1 0 2 pd lg 1 0 2 pd " //
                + "lc 1 0 2 pd ld 1 0 2 pd n9 2 0 1 b2h 3 0 2 4o n6 1 0 3 qf lc n9 1 0 2 qf n9 1 0 3 qf ld n9 2 0 " //
                + "2 qf n6 1 0 3 qf n6 n9 1 0 2 ph lc 1 0 2 ph ld 1 0 2 pj lc 1 0 2 pj ld 1 0 2 pj n9 1 0 2 69r " //
                + "lc 1 0 2 69r ld 1 0 2 69r n6 1 0 2 qh li 1 0 2 qh lg 1 0 3 qh lk lc 1 0 3 qh lk ld 3 0 2 qh n6 " //
                + "1 0 3 qh lk n6 1 0 2 pl li 1 0 2 pl lg 1 0 2 pl lc 1 0 2 pl ld 2 0 2 6bi lc 1 0 2 6bi ld 1 0 2 " //
                + "6bi n6 1 0 2 qt li 1 0 2 qt lg 1 0 3 qt lk lc 1 0 3 qt lk ld 1 0 2 qp lv 1 0 2 qp lw 1 0 2 qt " //
                + "n6 1 0 3 qt lk n6 1 0 2 px li 1 0 2 px lg 1 0 2 px lc 1 0 2 px ld 1 0 2 pt lw 1 0 2 4o lc 1 0 " //
                + "2 4o ld 1 0 1 cgt 3 0 3 qx lc n9 1 0 2 qx n9 1 0 3 qx ld n9 2 0 2 qx n6 1 0 3 qx n6 n9 1 0 2 " //
                + "pr lc 1 0 2 pr ld 1 0 2 q1 lc 1 0 2 q1 ld 1 0 2 q1 n9 1 0 1 ccx 3 1 1 4 85 0 1 bnd 4 0 1 czh 1 " //
                + "0 2 1t lm 33 0 2 6mo mw 1 0 2 6mq mw j 0 2 6ms mw v 0 2 6og mw 1 0 2 6ok mw 1 0 2 6oi mw 1h 0 " //
                + "2 6pv mw 5 0 2 6q0 mw 3 0 2 6q3 mw o 0 2 6qr mw 2 0 2 6qt mw r 0 2 6rg mw 3 0 2 6rn mw 3 0 2 " //
                + "6rp mw 2 0 2 6rs mw n 0 2 1p mw 2 0 2 6sh mw b 0 2 6rx mw 1 0 2 1o mw 1 0 2 1q mw 1 0 2 6sk mw " //
                + "1 0 2 6sl mw 3 0 2 6sy mw 1 0 2 6sz mw 3 0 2 6t2 mw 1 0 2 6t3 mw 7 0 2 6t6 mw 1 0 2 6t7 mw 3 0 " //
                + "2 6te mw 1 0 2 6tf mw 3 0 2 6ti mw 1 0 2 6tj mw z 0 2 6ua mw 1 0 2 6ug mw 1 0 2 6uh mw 1 0 2 " //
                + "6uj mw 1d 0 2 6t8 mw 1 0 2 6t9 mw 1 0 2 6tt mw 1 0 2 6tu mw 7 0 2 6uq mw 1 0 2 6ur mw 1 0 2 " //
                + "6us mw 1 0 2 6ut mw 1o 1 1 532 1iq 0 2 8gt mw 12o 0 2 9jf 9ll 2 0 2 9jh 9ll 2 0 2 9jj 9ll 2 0 " //
                + "2 9jl 9ll 2 0 2 9jn 9ll 2 0 2 9jp 9ll 2 0 2 9jr 9ll 2 0 2 9jt 9ll 2 0 2 9jv 9ll 2 0 2 9jx 9ll " //
                + "2 0 2 9jz 9ll 2 0 2 9k1 9ll 3 0 2 9k4 9ll 2 0 2 9k6 9ll 2 0 2 9k8 9ll 7 0 2 9kf 9ll 1 0 2 9kf " //
                + "9lm 2 0 2 9ki 9ll 1 0 2 9ki 9lm 2 0 2 9kl 9ll 1 0 2 9kl 9lm 2 0 2 9ko 9ll 1 0 2 9ko 9lm 2 0 2 " //
                + "9kr 9ll 1 0 2 9kr 9lm n 0 2 9ja 9ll a 0 2 9lp 9ll e 0 2 9m3 9ll 2 0 2 9m5 9ll 2 0 2 9m7 9ll 2 " //
                + "0 2 9m9 9ll 2 0 2 9mb 9ll 2 0 2 9md 9ll 2 0 2 9mf 9ll 2 0 2 9mh 9ll 2 0 2 9mj 9ll 2 0 2 9ml " //
                + "9ll 2 0 2 9mn 9ll 2 0 2 9mp 9ll 3 0 2 9ms 9ll 2 0 2 9mu 9ll 2 0 2 9mw 9ll 7 0 2 9n3 9ll 1 0 2 " //
                + "9n3 9lm 2 0 2 9n6 9ll 1 0 2 9n6 9lm 2 0 2 9n9 9ll 1 0 2 9n9 9lm 2 0 2 9nc 9ll 1 0 2 9nc 9lm 2 " //
                + "0 2 9nf 9ll 1 0 2 9nf 9lm n 0 2 9ly 9ll 3 0 2 9nz 9ll 1 0 2 9o0 9ll 1 0 2 9o1 9ll 1 0 2 9o2 " //
                + "9ll 4 0 2 9od 9ll 13ia 0 1 16y7 1 0 1 1lp5 1 0 1 15yn 1 0 1 16r9 1 0 1 1ilh 1 0 1 1vhh 1 0 1 " //
                + "1t8h 1 0 1 zbp 1 0 1 zbr 1 0 1 1r3j 1 0 1 14s1 1 0 1 1slj 1 0 1 1r47 1 0 1 1not 1 0 1 1fm1 1 0 " //
                + "1 1c0j 1 0 1 19cx 1 0 1 18rx 1 0 1 18ab 1 0 1 15af 1 0 1 1kir 1 0 1 1jar 1 0 1 1htl 1 0 1 1gmp " //
                + "1 0 1 1a5x 1 0 1 14yl 1 0 1 11ld 1 0 1 1ve9 1 0 1 1tfx 1 0 1 1k4x 1 0 1 1hc5 1 0 1 19er 1 0 1 " //
                + "zyb 1 0 1 1pk1 1 0 1 1i7h 1 0 1 19kb 1 0 1 185b 1 0 1 1nef 1 0 1 1b4r 1 0 1 18nj 1 0 1 1ozf 1 " //
                + "0 1 1lpf 1 0 1 1j7j 1 0 1 1h0d 1 0 1 158b 1 0 1 1v0t 1 0 1 1u5p 1 0 1 1tpd 1 0 1 1mmv 1 0 1 " //
                + "1k8r 1 0 1 1hdv 1 0 1 1fh3 1 0 1 1bvp 1 0 1 19i5 1 0 1 19df 1 0 1 16dr 1 0 1 12q3 1 0 1 111v 1 " //
                + "0 1 101r 1 0 1 1eu5 1 0 1 1egp 1 0 1 1cu1 1 0 1 1aeh 1 0 1 14dx 1 0 1 zup 1 0 1 17md 1 0 1 " //
                + "1rd1 1 0 1 1oxp 1 0 1 1dc7 1 0 1 1bpp 1 0 1 1haf 1 0 1 1erd 1 0 1 16vf 1 0 1 12ub 1 0 1 1rdv 1 " //
                + "0 1 1pzl 1 0 1 1kkx 1 0 1 1j39 1 0 1 1im5 1 0 1 1d1b 1 0 1 1cmp 1 0 1 134b 1 0 1 1trz 1 0 1 " //
                + "1bpr 1 0 1 1u5r 1 0 1 1u6p 1 0 1 1e9f 1 0 1 1ctt 1 0 1 1adp 1 0 1 132f 1 0 1 17eb 1 0 1 1nh3 1 " //
                + "0 1 1kmr 1 0 1 17lp 1 0 1 1vm1 1 0 1 1q7j 1 0 1 1okb 1 0 1 1gvn 1 0 1 1g4j 1 0 1 1tp3 1 0 1 " //
                + "1eq9 1 0 1 1v0r 1 0 1 1oqh 1 0 1 1voz 1 0 1 1jjr 1 0 1 1mg1 1 0 1 1d3j 1 0 1 1tfz 1 0 1 1rmj 1 " //
                + "0 1 1fiv 1 0 1 1aa1 1 0 1 17rd 1 0 1 1jzf 1 0 1 15s1 1 0 1 1jo3 1 0 1 1nft 1 0 1 1au5 1 0 1 " //
                + "1n6x 1 0 1 1g69 1 0 1 1vgx 1 0 1 1ue5 1 0 1 1u8v 1 0 1 1l9t 1 0 1 1d7r 1 0 1 1b15 1 0 1 17px 1 " //
                + "0 1 14yl 1 0 1 1tsj 1 0 1 1ta3 1 0 1 1r8b 1 0 1 1p2j 1 0 1 1md7 1 0 1 1ibv 1 0 1 1eph 1 0 1 " //
                + "13g1 1 0 1 11kp 1 0 1 zxd 1 0 1 zud 1 0 1 1ty5 1 0 1 1lzd 1 0 1 1k4p 1 0 1 15xx 1 0 1 1p9v 1 0 " //
                + "1 1o1p 1 0 1 1nvj 1 0 1 1mul 1 0 1 1iot 1 0 1 1hub 1 0 1 1gk5 1 0 1 1ehh 1 0 1 1cub 1 0 1 1bv3 " //
                + "1 0 1 161v 1 0 1 1a39 1 0 1 15nx 1 0 1 14f5 1 0 1 1u6h 1 0 1 1tyr 1 0 1 1t4x 1 0 1 1i25 1 0 1 " //
                + "18l7 1 0 1 17u5 1 0 1 1p69 1 0 1 1opn 1 0 1 1nbl 1 0 1 1k31 1 0 1 1djj 1 0 1 1h0j 1 0 1 1vgn 1 " //
                + "0 1 1s9r 1 0 1 1qbp 1 0 1 1plt 1 0 1 1onz 1 0 1 1gxh 1 0 1 1gnd 1 0 1 1c89 1 0 1 1byr 1 0 1 " //
                + "14vt 1 0 1 1307 1 0 1 12vp 1 0 1 12k7 1 0 1 1v83 1 0 1 1ekv 1 0 1 1539 1 0 1 133z 1 0 1 1odr 1 " //
                + "0 1 1vmv 1 0 1 1upt 1 0 1 1qcb 1 0 1 1q7v 1 0 1 1mix 1 0 1 1ks9 1 0 1 1hpf 1 0 1 1fy5 1 0 1 " //
                + "1a4r 1 0 1 15l9 1 0 1 zn1 1 0 1 1m61 1 0 1 13cf 1 0 1 1u2j 1 0 1 1lsp 1 0 1 1lm3 1 0 1 1jip 1 " //
                + "0 1 1izh 1 0 1 1gud 1 0 1 1gbr 1 0 1 1f45 1 0 1 1da5 1 0 1 12hv 1 0 1 1uiv 1 0 1 1nwn 1 0 1 " //
                + "1391 1 0 1 1v0x 1 0 1 1px3 1 0 1 1j9z 1 0 1 1655 1 0 1 1oyh 1 0 1 1oa1 1 0 1 1ll1 1 0 1 1h2f 1 " //
                + "0 1 138r 1 0 1 1u93 1 0 1 1ti5 1 0 1 1q7n 1 0 1 1me1 1 0 1 1lwl 1 0 1 1ldf 1 0 1 1jp7 1 0 1 " //
                + "1gvv 1 0 1 1g5h 1 0 1 1cd5 1 0 1 18of 1 0 1 18nh 1 0 1 154p 1 0 1 134f 1 0 1 1tuf 1 0 1 1izn 1 " //
                + "0 1 1ti7 1 0 1 1hrv 1 0 1 1god 1 0 1 19t7 1 0 1 138b 1 0 1 10z9 1 0 1 102v 1 0 1 1ltl 1 0 1 " //
                + "1jdf 1 0 1 1bff 1 0 1 1e8n 1 0 1 1e3z 1 0 1 1djh 1 0 1 1hf7 1 0 1 1i9v 1 0 1 17pj 1 0 1 1vnd 1 " //
                + "0 1 1axb 1 0 1 1ua1 1 0 1 1ucx 1 0 1 1pdh 1 0 1 1nq5 1 0 1 1dg9 1 0 1 1qm5 1 0 1 1jnx 1 0 1 " //
                + "1m77 1 0 1 166v 1 0 1 18xj 1 0 1 13ef 1 0 1 18fx 1 0 1 1pbj 1 0 1 1uon 1 0 1 1swp 3 0 1 1rvv 2 " //
                + "0 1 1mbf 3 0 1 1ugd 1 0 1 1hav 1 0 1 1fvd 1 0 1 1ewn 1 0 1 1eut 1 0 1 1euh 1 0 1 1es7 1 0 1 " //
                + "130r 1 0 1 1dj1 1 0 1 1cch 2 0 1 19uj 2 0 1 17wz 3 0 1 15uh 1 0 1 15jl 4 0 1 12et 1 0 1 12e5 1 " //
                + "0 1 12br 1 0 1 10j5 1 0 1 15lr 1 0 1 13an 1 0 1 1vcz 1 0 1 1uvn 1 0 1 1uq1 1 0 1 1u4z 1 0 1 " //
                + "1u3j 1 0 1 1txj 1 0 1 1t0x 1 0 1 1sv5 1 0 1 1spr 1 0 1 1rzl 1 0 1 1rtv 1 0 1 1qct 1 0 1 1qcb 1 " //
                + "0 1 1opd 1 0 1 1odn 1 0 1 1obl 1 0 1 1o63 1 0 1 1mub 1 0 1 1mm7 1 0 1 1mcj 1 0 1 1lkt 1 0 1 " //
                + "1jmj 1 0 1 1jdj 1 0 1 1iyx 1 0 1 1i2b 1 0 1 1hrv 1 0 1 1gzz 1 0 1 1f8z 1 0 1 1ezf 1 0 1 1eyv 1 " //
                + "0 1 1eyz 1 0 1 1eyl 1 0 1 1eyb 1 0 1 1exz 1 1 1 1evd 1 0 1 1elj 1 0 1 1ehz 1 0 1 1e0b 1 0 1 " //
                + "1d51 1 0 1 1d3x 1 0 1 1d0v 1 0 1 1cjz 1 0 1 1cbv 1 0 1 1bkt 1 0 1 1bd3 1 0 1 1bd5 1 0 1 1amn 1 " //
                + "0 1 18rj 1 0 1 18k5 1 0 1 1801 1 0 1 17wz 1 0 1 17a9 1 0 1 177d 1 0 1 165b 1 0 1 15y5 1 0 1 " //
                + "13bd 1 0 1 12vn 1 0 1 12sd 1 0 1 1otn 1 0 1 3ls4 1 0 1 1bjd 3 0 1 1w2b 1 0 1 1unr 1 0 1 1us3 1 " //
                + "0 1 1vj9 1 0 1 1uu5 1 0 1 1uqx 1 0 1 1u8t 1 0 1 1u61 1 0 1 1t4l 1 0 1 1t8n 1 0 1 1t4x 1 0 1 " //
                + "1t0x 1 0 1 1s1v 1 0 1 1rwz 1 0 1 1roz 1 0 1 1ro5 1 0 1 1r97 1 0 1 1qy9 1 0 1 1pi7 1 0 1 1phv 1 " //
                + "0 1 1p9x 1 0 1 1p67 1 0 1 1opn 1 0 1 1oj5 1 0 1 1on3 1 0 1 1ofp 1 0 1 1oib 1 0 1 1oa9 1 0 1 " //
                + "1o6n 1 0 1 1nkh 1 0 1 1nfn 1 0 1 1ncp 1 0 1 1myb 1 0 1 1mih 1 0 1 1m9h 1 0 1 1m9b 1 0 1 1m63 1 " //
                + "0 1 1kjb 1 0 1 1kfr 1 0 1 1ju3 1 0 1 1j7d 1 0 1 1j8b 1 0 1 1j3j 1 0 1 1ipl 1 0 1 1i6z 1 0 1 " //
                + "1fqj 1 0 1 1hw1 1 0 1 1hpb 1 0 1 1hij 1 0 1 1h0f 1 0 1 1gs7 1 0 1 1gpb 1 0 1 1gct 1 0 1 1gcr 1 " //
                + "0 1 1g3b 1 0 1 1g2f 1 0 1 1g13 1 0 1 1fwd 1 0 1 1fwz 1 0 1 1fb1 1 0 1 1ek5 1 0 1 1e55 1 0 1 " //
                + "1dut 1 0 1 1dif 1 0 1 1d9z 1 0 1 1crp 1 0 1 1cgp 1 0 1 1b5t 1 0 1 1ax5 1 0 1 19iv 1 0 1 18tl 1 " //
                + "0 1 18pt 1 0 1 18oz 1 0 1 188j 1 0 1 185f 1 0 1 187z 1 0 1 1851 1 0 1 1859 1 0 1 1869 1 0 1 " //
                + "1823 1 0 1 17xn 1 0 1 17ch 1 0 1 16hf 1 0 1 1601 1 0 1 15jp 1 0 1 157h 1 0 1 13mb 1 0 1 13gn 1 " //
                + "0 1 13ab 1 0 1 132z 1 0 1 1311 1 0 1 130f 1 0 1 12xt 1 0 1 11th 1 0 1 100z 1 0 1 3b3q 1 0 1 " //
                + "3b3c 1 0 1 3fns 1 0 1 23jd 1 0 1 21rp 1 0 1 21px 1 0 1 3roo 1 0 1 3vuc 1 0 1 49a0 1 0 1 106h 1 " //
                + "0 1 102d 1w 0 2 15l 14k 2 0 2 16a 14n b 0 2 161 14x 1 0 2 161 14y 1 0 3 161 14s 14x 1 0 3 161 " //
                + "14s 14y 1 0 2 15c 14n 1 0 2 15c 14o 1 0 2 15c 14s 1 0 2 15d 14s 1 0 2 15e 14s 1 0 2 15f 14s 1 " //
                + "0 2 15g 14s 1 0 2 15h 14s 1 0 2 15i 14s 2 0 2 15k 14s 1 0 2 15l 14s 1 0 2 15m 14s 1 0 2 15n " //
                + "14s 1 0 2 15o 14s 2 0 2 15q 14s 2 0 2 15s 14s 1 0 2 15t 14s 2 0 2 15v 14s 1 0 2 15w 14s 2 0 2 " //
                + "15y 14s 1 0 2 15z 14s 1 0 2 160 14s 1 0 2 161 14s 1 0 2 162 14s 1 0 2 15h 14p 1 0 2 15d 14v 1 " //
                + "0 2 15n 14v 1 0 2 15w 14v 47g 0 2 1huh 1hve 2 0 2 1huj 1hve f 0 2 1hut 1hve 3n 0 2 1hyp 1hyf 1 " //
                + "0 2 1hyq 1hyf f0 0 2 1idj 1ida 1 0 2 1idj 1idz a7 0 2 1int 1inu 1 0 2 1int 1ink 2 0 2 1int " //
                + "1inx 70 0 2 1iuw 1iun 1 0 2 1iux 1iun 112b 0 2 2jx3 2jxh 1 0 2 2jx4 2jxh 1 0 3 2jx4 2jxh 2jxq " //
                + "1 0 3 2jx4 2jxh 2jxr 1 0 3 2jx4 2jxh 2jxs 1 0 3 2jx4 2jxh 2jxt 1 0 3 2jx4 2jxh 2jxu 2f 0 2 " //
                + "2jzt 2jxh 1 0 2 2jzu 2jxh 1 0 3 2jzt 2jxh 2jxq 1 0 3 2jzu 2jxh 2jxq 1 0 3 2jzt 2jxh 2jxr 1 0 3 " //
                + "2jzu 2jxh 2jxr 1m4g 0 1 7hc5 1 0 1 7hch 1 0 1 7hc1 1 0 1 2pj5 1 0 1 7gw7 1 0 1 7grx 1 0 1 7gr9 " //
                + "1 0 1 7gnd 1 0 1 7ggr 1 0 1 7gf3 1 0 1 7gat 1 0 1 7gc7 1 0 1 7rh7 1 0 1 2nj9 1 0 1 7g5d 1 0 1 " //
                + "7g51 1 0 1 7g47 1 0 1 7g37 1 0 1 2nzf 1 0 1 7rg3 1 0 1 7g49 1 0 1 7g27 1 0 1 2nx1 1 0 1 7g1r 1 " //
                + "0 1 7g13 1 0 1 7h5l 1 0 1 7g0r 1 0 1 7g0b 1 0 1 14e1 1 0 1 7fwv 1 0 1 7fw5 1 0 1 7ren 1 0 1 " //
                + "7ft5 1 0 1 7fsl 1 0 1 7fq7 1 0 1 7fpz 1 0 1 7rbx 1 0 1 7fln 1 0 1 7fll 1 0 1 7fk5 1 0 1 7fiz 1 " //
                + "1 1 7fif 1 0 1 7fhj 1 0 1 7fet 1 0 1 7fef 1 0 1 7fdz 1 0 1 7fcn 1 0 1 7fc5 1 0 1 7fc3 1 0 1 " //
                + "7fc5 1 0 1 7fc7 1 0 1 2m1b 1 0 1 73wp 1 0 1 7f87 1 0 1 7f73 1 0 1 2lk9 1 0 1 7f6j 1 0 1 7f69 1 " //
                + "0 1 7f55 1 0 1 7ewr 1 0 1 7f2h 1 0 1 7f1n 1 0 1 7ezx 1 0 1 7ewr 1 0 1 7es5 1 0 1 7eqr 1 0 1 " //
                + "7en3 1 0 1 7em9 1 0 1 7ekh 1 0 1 7ekj 1 0 1 7ejf 1 0 1 7eih 1 0 1 7ei3 1 0 1 7ehb 1 0 1 7dyh 1 " //
                + "0 1 7edn 1 0 1 7dyj 1 0 1 7e9l 1 0 1 7e7p 1 0 1 7fyp 1 0 1 7d8l 1 0 1 7don 1 0 1 7dml 1 0 1 " //
                + "7dl9 1 0 1 7dsj 1 0 1 7djb 1 0 1 7djf 1 0 1 7dcn 1 0 1 2hux 1 0 1 7d8v 1 0 1 7d8n 1 0 1 7d7v 1 " //
                + "0 1 7d6t 1 0 1 7d6f 1 0 1 7d2x 1 0 1 2h67 1 0 1 2h2l 1 0 1 7cvf 1 0 1 7csv 1 0 1 7cs9 1 0 1 " //
                + "7cwp 1 0 1 7cov 1 0 1 7qpd 1 0 1 7qon 1 0 1 7cg1 1 0 1 7cd3 1 0 1 7cd5 1 0 1 2fyf 1 0 1 7c5v 1 " //
                + "0 1 7c4r 1 0 1 7c3z 1 0 1 7c3d 1 0 1 2fg1 1 0 1 7c2t 1 0 1 7c2h 1 0 1 7arl 1 0 1 7c11 1 0 1 " //
                + "7qi1 1 0 1 7bxp 1 0 1 7bwz 1 0 1 7bsh 1 0 1 7bvd 1 0 1 2ect 1 0 1 7bld 1 0 1 2ect 1 0 1 7bj3 1 " //
                + "0 1 7bjb 1 0 1 7bif 1 1 1 7bcv 1 0 1 7q93 1 0 1 7bbh 1 0 1 7b95 1 0 1 7b81 1 0 1 7b5n 1 0 1 " //
                + "7q6j 1 0 1 2cy3 1 0 1 7q57 1 0 1 7b1x 1 0 1 7b1t 1 0 1 7b1p 1 0 1 7b0n 1 0 1 xkp 1 0 1 7axv 1 " //
                + "0 1 2can 1 0 1 2cap 1 0 1 6x43 1 0 1 7aw3 1 0 1 7aw5 1 0 1 7q1p 1 0 1 2665 1 0 1 1njv 1 0 1 " //
                + "7ast 1 0 1 7asd 1 0 1 7q0f 1 0 1 7apv 1 0 1 7an3 1 0 1 7aml 1 0 1 7akr 1 0 1 7ad9 1 0 1 7pvx 1 " //
                + "0 1 7pxn 1 0 1 7acd 1 0 1 2avz 1 0 1 7a9n 1 0 1 7a2j 1 0 1 7a2d 1 0 1 7a2b 1 0 1 7a2h 1 0 1 " //
                + "79zz 1 0 1 79yx 1 0 1 79wz 1 0 1 79xt 1 0 1 79x9 1 0 1 79up 1 0 1 79tn 1 0 1 79th 1 0 1 79s3 1 " //
                + "0 1 79rj 1 0 1 79nx 1 0 1 79jb 1 0 1 79hf 1 0 1 79al 1 0 1 2993 1 0 1 79br 1 0 1 79ff 1 0 1 " //
                + "799h 1 0 1 7981 1 0 1 792p 1 0 1 28wp 1 0 1 78zd 1 0 1 794l 1 0 1 7967 1 0 1 7pk7 1 0 1 78vn 1 " //
                + "0 1 78uj 1 0 1 78sv 1 0 1 78v1 1 0 1 7ph1 1 0 1 78j5 1 0 1 78hl 1 0 1 27b3 1 0 1 78b3 1 0 1 " //
                + "77vr 1 0 1 785j 1 0 1 7p7t 1 0 1 781n 1 0 1 7p8v 1 0 1 7pax 1 0 1 7gcf 1 0 1 7gcb 1 0 1 77vr 1 " //
                + "0 1 781d 1 0 1 6xqp 1 0 1 7lrv 1 0 1 77up 1 0 1 77uj 1 0 1 77u9 1 0 1 77qx 1 0 1 77rl 1 0 1 " //
                + "25v7 1 0 1 7p61 1 0 1 77ih 1 0 1 77p1 1 0 1 77dp 1 0 1 77ax 1 0 1 25m3 1 0 1 77aj 1 0 1 77gr 1 " //
                + "0 1 7737 1 0 1 7p1v 1 0 1 770r 1 0 1 76vf 1 0 1 76rj 1 0 1 76h1 1 0 1 24r5 1 0 1 76eb 1 0 1 " //
                + "7ovf 1 0 1 76aj 1 0 1 23yp 1 0 1 767t 1 0 1 7osn 1 0 1 7669 1 0 1 763t 1 1 1 762d 1 0 1 2383 1 " //
                + "0 1 2evt 1 0 1 2325 1 0 1 75uf 1 0 1 22d9 1 0 1 75o9 1 0 1 75nj 1 0 1 75t9 1 0 1 75jl 1 0 1 " //
                + "75hf 1 0 1 75eb 1 0 1 75hd 1 0 1 75f7 1 0 1 75ef 1 0 1 75dr 1 0 1 228f 1 0 1 75id 1 0 1 754h 1 " //
                + "0 1 7511 1 0 1 7oh9 1 0 1 74vz 1 0 1 74w9 1 0 1 21kn 1 0 1 757t 1 0 1 74n5 1 0 1 21cz 1 0 1 " //
                + "21ad 1 0 1 74if 1 0 1 74c3 1 0 1 74dn 1 0 1 74dv 1 0 1 7ocf 1 0 1 74bd 1 0 1 748l 1 0 1 748z 1 " //
                + "0 1 7461 1 0 1 2odn 1 0 1 73xp 1 0 1 206r 1 0 1 73sz 1 0 1 1zon 1 0 1 73lb 1 0 1 73kn 1 0 1 " //
                + "73j7 1 0 1 1yr9 1 0 1 73gn 1 0 1 73fj 1 0 1 1yap 1 0 1 1xyd 1 0 1 732z 1 0 1 7323 1 0 1 7ny3 1 " //
                + "0 1 730r 1 0 1 7nxj 1 0 1 7nxl 1 0 1 72rx 1 0 1 72qt 1 0 1 72pp 1 0 1 72on 1 0 1 72kv 1 0 1 " //
                + "7nsf 1 0 1 72fz 1 0 1 1wcd 1 0 1 72en 1 0 1 1w7d 1 0 1 72bz 1 0 1 2d6b 1 0 1 7237 1 0 1 1v03 1 " //
                + "0 1 1uyv 1 0 1 1ur5 1 0 1 7ngj 1 0 1 7nfx 1 0 1 71qv 1 0 1 1uhn 1 0 1 1uhr 1 0 1 1ufn 1 0 1 " //
                + "1ue9 1 1 1 71ot 1 0 1 71ov 1 0 1 71mj 1 0 1 7ndr 1 0 1 71j1 1 0 1 7nd5 1 0 1 7n8r 1 0 1 1t9b 1 " //
                + "0 1 718f 1 0 1 7151 1 0 1 711j 1 0 1 7n4r 1 0 1 1sgn 1 0 1 70u1 1 0 1 1sab 1 0 1 1s7z 1 0 1 " //
                + "70r1 1 0 1 70lz 1 0 1 7n0x 1 0 1 70hd 1 0 1 70gv 1 0 1 70gn 1 0 1 1r5r 1 0 1 1qp7 1 0 1 1qp9 1 " //
                + "0 1 7081 1 0 1 7mpn 1 0 1 1qaz 1 0 1 6zw7 1 0 1 6zw3 1 0 1 7mnt 1 0 1 1pzd 1 0 1 6zhj 1 0 1 " //
                + "7mh9 1 0 1 6zgf 1 0 1 6zgr 1 0 1 6zf7 1 0 1 1osp 1 0 1 6z9t 1 0 1 7mc7 1 0 1 6z4d 1 0 1 6z15 1 " //
                + "0 1 6yxh 1 0 1 7m9l 1 0 1 1nrn 1 0 1 1npz 1 0 1 7m7p 1 0 1 1nhz 1 0 1 6ygn 1 0 1 1nch 1 0 1 " //
                + "6yf9 1 0 1 6y9p 1 0 1 6y95 1 0 1 1mpt 1 0 1 1mlt 1 0 1 6y49 1 0 1 1mej 1 0 1 6y3h 1 0 1 269t 1 " //
                + "0 1 7m1j 1 0 1 6xzz 1 0 1 6xvj 1 0 1 7lyp 1 0 1 6xsd 1 0 1 7d0h 1 0 1 1lmn 1 0 1 1llx 1 0 1 " //
                + "267f 1 0 1 266z 1 0 1 6xhv 1 0 1 6xhr 1 0 1 6s4d 1 0 1 7ltx 1 0 1 6xa3 1 0 1 6xah 1 0 1 6x9j 1 " //
                + "0 1 7g71 1 0 1 6x8j 1 0 1 6x8h 1 0 1 6x7z 1 0 1 6x5r 1 0 1 1k8l 1 0 1 6x5x 1 0 1 6x2v 1 0 1 " //
                + "6wz1 1 0 1 6wuz 1 0 1 6x2p 1 0 1 6wu7 1 0 1 6wrx 1 0 1 6wlr 1 0 1 6x09 1 0 1 6wtp 1 0 1 6wtn 1 " //
                + "0 1 6wst 1 0 1 1jvf 1 0 1 1jeb 1 0 1 1jmp 1 0 1 7lkn 1 0 1 6wdp 1 0 1 6wdn 1 0 1 6wbr 1 0 1 " //
                + "1gw1 1 0 1 6w7j 1 0 1 1ipt 1 0 1 7li9 1 0 1 7li3 1 0 1 1iil 1 0 1 1i2l 1 0 1 7lhp 1 0 1 6vut 1 " //
                + "0 1 6vu7 1 0 1 6vtn 1 0 1 6vtl 1 0 1 6vq3 1 0 1 6vrz 1 0 1 6vkl 1 0 1 6vn3 1 0 1 6ver 1 0 1 " //
                + "6vjb 1 0 1 6vfn 1 0 1 6ve7 1 0 1 7lcf 1 0 1 6v99 1 0 1 6v7j 1 0 1 7lap 1 0 1 6v2d 1 0 1 6v29 1 " //
                + "0 1 1fwb 1 0 1 6uvx 1 0 1 6uvl 1 0 1 7l7p 1 0 1 6uu5 1 0 1 7s4d 1 0 1 1f09 1 0 1 1eq3 1 0 1 " //
                + "7l0d 1 0 1 7kzx 1 0 1 6u71 1 0 1 6u2t 1 0 1 6tu5 1 0 1 6tix 1 0 1 1dg5 1 0 1 6te9 1 0 1 6td3 1 " //
                + "0 1 6t85 1 0 1 6t33 1 0 1 1cgh 1 0 1 2njd 1 0 1 6syl 1 0 1 6szh 1 0 1 6swn 1 0 1 2n7h 1 0 1 " //
                + "6sk3 1 0 1 6sel 1 0 1 19uj 1 0 1 19t3 1 0 1 6rvf 1 0 1 6rqb 1 0 1 6rol 1 0 1 19bh 1 0 1 6ro5 1 " //
                + "0 1 6r8d 1 1 1 6qzl 1 0 1 6r4r 1 0 1 6qjn 1 0 1 6qi5 1 0 1 17fp 1 0 1 6pxh 1 0 1 7jxv 1 0 1 " //
                + "6pv5 1 0 1 16ur 1 0 1 7jtj 1 0 1 6pgf 1 0 1 7c03 1 0 1 6pb7 1 0 1 15cx 1 0 1 1515 1 0 1 7jmb 1 " //
                + "0 1 7jlx 1 0 1 6p0z 1 0 1 149t 1 0 1 7jir 1 0 1 1425 1 0 1 6oyt 1 0 1 6oyv 1 0 1 6ox9 1 0 1 " //
                + "13md 1 0 1 6on3 1 0 1 7jbz 1 0 1 6oj9 1 0 1 6ocb 1 0 1 6oav 1 0 1 6o7l 1 0 1 7j3n 1 0 1 11gx 1 " //
                + "0 1 6nsf 1 0 1 6nbp 1 0 1 6n19 1 0 1 7ipp 1 0 1 7io1 1 0 1 6mvj 1 0 1 z9f 1 0 1 7inl 1 0 1 z6h " //
                + "1 0 1 yrt 1 0 1 ykl 1 0 1 6mcz 1 0 1 7iin 1 0 1 6m9n 1 0 1 6m9f 1 0 1 6m93 1 0 1 6m8l 1 0 1 " //
                + "6m89 1 0 1 6m69 1 0 1 x89";

    /** combining classes. */
    static final String CLASSES =
            "lc k 6e 1 0 6g 1 3 64 1 0 6g 1 0 60 1 4 64 1 1 5m 1 3 64 1 1 5m 1 a 64 1 4 1 1 3 64 1 2 6e 3 0 " //
                + "6e 3 0 6o 1 0 6e 1 2 64 1 2 6e 1 1 64 2 2 6e 1 3 64 1 0 6e 1 0 6g 1 1 64 1 0 6e 1 0 6h 1 1 6i " //
                + "1 0 6h 1 1 6i 1 0 6h 1 c 6e 7o 4 6e 7e 0 64 1 3 6e 1 0 64 1 2 6e 1 0 66 1 0 64 1 5 6e 1 5 64 1 " //
                + "1 6e 1 0 64 1 1 6e 1 0 66 1 0 6c 1 0 6e 1 0 a 1 0 b 1 0 c 1 0 d 1 0 e 1 0 f 1 0 g 1 0 h 1 0 i " //
                + "1 1 j 1 0 k 1 0 l 1 0 m 2 0 n 2 0 o 1 0 p 2 0 6e 1 0 64 2 0 i 21 7 6e 1 0 u 1 0 v 1 0 w 1d 0 r " //
                + "1 0 s 1 0 t 1 0 u 1 0 v 1 0 w 1 0 x 1 0 y 1 1 6e 1 1 64 1 4 6e 1 0 64 1 1 6e 1 0 64 h 0 z 2u 6 " //
                + "6e 3 3 6e 1 0 64 1 0 6e 3 1 6e 2 0 64 1 1 6e 1 0 64 10 0 10 v 0 6e 1 0 64 1 1 6e 1 0 64 1 1 6e " //
                + "1 2 64 1 0 6e 1 1 64 1 0 6e 1 0 64 1 2 6e 1 0 64 1 0 6e 1 0 64 1 0 6e 1 0 64 1 0 6e 1 0 64 1 1 " //
                + "6e 4h 6 6e 1 0 64 1 0 6e z 3 6e 2 8 6e 2 2 6e 2 4 6e 18 2 64 3d d 6e 2 0 64 1 1 6e 1 0 64 1 1 " //
                + "6e 1 0 64 1 2 6e 1 2 64 1 0 r 1 0 s 1 0 t 1 2 6e 1 0 64 1 1 6e 1 1 64 1 4 6e 1p 0 7 h 0 9 4 0 " //
                + "6e 1 0 64 1 1 6e 2w 0 7 h 0 9 33 0 7 h 0 9 33 0 7 h 0 9 33 0 7 h 0 9 3k 0 9 3k 0 9 8 0 2c 1 0 " //
                + "2j 2u 0 7 h 0 9 3k 0 9 3h 0 9 32 1 2v 1 0 9 e 3 2z 31 1 3a f 3 3e 25 1 64 s 0 64 2 0 64 2 0 60 " //
                + "1k 0 3l 1 0 3m 2 0 3o 6 3 3m 3 0 3m 2 1 6e 1 0 9 2 1 6e 1r 0 64 35 0 7 2 1 9 2b 0 64 k0 2 6e " //
                + "qd 0 9 w 0 9 4e 0 9 b 0 6e 5o 0 6c 40 0 66 1 0 6e 1 0 64 64 0 6e 1 0 64 20 0 9 l 7 6e 3 0 64 " //
                + "1d 4 6e 1 5 64 1 1 6e 1 0 64 3b 0 7 g 0 9 13 0 6e 1 0 64 1 6 6e 1j 1 9 1n 0 7 c 1 9 1w 0 7 49 " //
                + "2 6e 2 0 1 1 4 64 1 1 6e 1 3 64 1 0 6e 2 6 1 5 0 64 7 0 6e 4 1 6e 5j 1 6e 1 0 64 1 6 6e 1 0 64 " //
                + "1 1 6e 1 0 6i 1 0 5y 1 0 64 1 0 5m 1 10 6e 6 0 6e 1 0 6h 1 0 64 1 0 6e 1 0 64 k1 1 6e 1 1 1 1 " //
                + "3 6e 1 2 1 1 1 6e 5 0 6e 4 1 1 1 0 6e 1 0 64 1 0 6e 1 1 1 1 3 64 1 0 6e 2db 2 6e 3y 0 9 2p v " //
                + "6e ff 0 62 1 0 6c 1 0 6g 1 0 66 1 1 68 2y 1 8 n9x 0 6e 5 9 6e x 1 6e 29 1 6e 7p 0 9 5a 0 9 s h " //
                + "6e 1m 2 64 12 0 9 2o 0 7 d 0 9 6o 0 6e 2 1 6e 1 0 64 3 1 6e 6 1 6e 2 0 6e 1h 0 9 6v 0 9 fn5 0 " //
                + "q le 6 6e 1 6 64 1 1 6e r2 0 64 6b 0 64 46 4 6e 1ar 0 64 2 0 6e 15 0 6e 1 0 1 1 0 64 5 0 9 4m " //
                + "0 6e 1 0 64 128 0 9 1l 0 9 1m 0 9 1 0 7 1y 2 6e 1d 1 9 1r 0 7 25 0 9 a 0 7 2z 0 9 1 0 7 4z 0 7 " //
                + "1 0 9 2a 0 7 h 0 9 p 6 6e 4 4 6e 5q 0 9 4 0 7 3g 0 9 1 0 7 70 0 9 1 0 7 3j 0 9 3b 0 9 1 0 7 38 " //
                + "0 9 104 0 9 fjl 4 1 1o 6 6e g2w 0 1 43r 1 60 1 2 1 4 0 6a 1 4 60 9 7 64 3 4 6e 1 1 64 v 3 6e " //
                + "45 2 6e 2po 6 6e 2 g 6e 3 6 6e 2 1 6e 2 4 6e 1pi 6 64 32 5 6e 1 0 7";

    /** what is never put together again. */
    static final String NOT_COMPOSED =
            "n4 1 2 1 1c 0 a 0 9 0 15d 7 3h 1 2 0 2c 0 3 0 z 2 3 0 72 1 rq 0 a 0 5 0 5 0 5 0 d 0 a 0 2 1 2 " //
                + "0 9 0 i 0 a 0 5 0 5 0 5 0 d 0 33s 0 2 0 2 0 2 0 2 0 2 0 2 0 1q 0 3 0 b 0 2 0 8 0 8 0 8 0 8 0 3 " //
                + "1 a 0 2 0 2 0 3 1 85 0 4 1 e6 1 1iq 0 14pw 7h 3 0 2 0 3 9 2 0 2 0 3 1 4 1v 3 2x 1w 0 2 0 b c 2 " //
                + "4 2 0 2 1 2 1 2 8 16a8 6 2f 5 1m4g f1";
}
