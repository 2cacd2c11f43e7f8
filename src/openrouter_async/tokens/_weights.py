"""The weights of `_text`, fitted by tests/tokens/fit.py; made by it, not written by hand.

Pairs are signed bytes in base85, in units of 1/40 token; blocks are in units of 1/100 token.
"""

from __future__ import annotations

__all__ = ["BLOCKS", "BLOCK_WEIGHTS", "PAIR_WEIGHTS"]

# fmt: off

BLOCKS = (
    0x0, 0xa, 0xb, 0x20, 0x21, 0x30, 0x3a, 0x41, 0x5b, 0x61, 0x7b, 0x80, 0xc0, 0x300,
    0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0x980, 0xa00, 0xe00, 0xe80, 0x10a0, 0x1100, 0x1200, 0x1e00,
    0x1f00, 0x2000, 0x2070, 0x2e80, 0x3040, 0x30a0, 0x3100, 0x3400, 0x4e00, 0xa000, 0xac00, 0xd7b0, 0xf900, 0xff00,
    0x10000, 0x1f000, 0x20000,
)
"""The first characters of blocks whose characters are alike to a tokenizer."""

BLOCK_WEIGHTS = {
    "o200k": (
        89, 132, 65, 43, 71, 146, 69, 53, 63, 48, 43, 134, 79, 92, 50, 48, 34, 57, 46, 49,
        48, 51, 47, 76, 47, 135, 61, 20, 135, 89, 218, 136, 99, 86, 264, 135, 123, 135, 103, 135,
        261, 147, 180, 195, 180,
    ),
    "cl100k": (
        88, 96, 136, 53, 64, 141, 58, 51, 61, 56, 24, 114, 122, 129, 116, 87, 204, 120, 99, 125,
        148, 192, 99, 204, 222, 186, 173, 112, 186, 108, 233, 158, 149, 136, 283, 186, 188, 186, 181, 186,
        316, 192, 247, 232, 248,
    ),
}

PAIR_WEIGHTS = {
    "o200k": (
        "@ZReL3kV4A2jB1b1M~>%@DKv{2F~Q;3;Xr{|Kut!@bCKk^!@`6>iOvP@aY8k;2ZJw`1S}4@apdJ`R)Dv2LbW#_~ZKe+!O>6{RRX376}~v3I*"
        "Hn^!(`m&jlF|!~XBu{L=6E`|<7k4Db^i|MB$f>;d!aAKK{z<pu;C^5h5*<L3A-8OtL51?dJ78TJJz9}FW2=>87w`2_m(+!O8cB;zUm`1kV;>"
        "lXwG0s05>`x^=S3jP%i7#sQOB?ti!?GF;?6%;%W2mB8B0Ri^`82<wl1{4hV0tWX301o!}`STeP1@9O0<^~HB|Ni&<2K4*>`3~p{^X=FF<r@0"
        ";-~R0m`t17h<og33_9WEp7x4W1`}+Uo2?8Gd4EGTd4j~Q`5)1wW783vI@AUcd`2Za3`uOqj=kWgb`1c*}CHn#I4i)R=85P|06%6*&6d4Hv0R"
        "jc=<^dS`83y$L`|k?-3He0nDG>b*3I81c^8@@Z^8g<Z{74BG0@xl2AsIFZ3h2`EN+=}pH0%}<-uChn9W&(XDhE8`{1hA$3;6^8_~jDM3+v$i"
        ">H7rz`s(lX^yK&R^}`Gb5BBf%0e|lD_5tka1M2er8y)Ne0{RB%+~WfJ@D1x7?G76j80+B;?)nZZ=tl4h^A`v57WDu91P}D}{sa634F3}V0_r"
        "090T2ri`u_|F>I*R=()I`@3JM_i`tk$hF$Lxl>iP8*|KueB<@OHf0{-k93HSyD6CEZG?gkhV0U0|D_WKC#^7iiT0vP@J5%c=+0s|W5_~`Ej5"
        "eEDO&kO6}{Otqw2;~P3_VYXd1@+_a_zDQ~2Kn_478VHf6fpP%>I4V_89)u?@%|wA4(R~&2pR6|2>=q`2Llcg`~C<u4j2p@3jPxR5JL6_3nl&"
        "G`5OTS{O}I<_4M)Z0PO<~?)(uA1P1>D2o>Y+_w*6*`5gX#3n6h3F>Ck<>kJ413ji4Z{q6(=6$=IY^8pd@{{;~O{QLdl3j7H4=GX=J2LA>J1p"
        "x{K6aobJ0`~&{1Oxp61ppNg2Kx^2{rvM6DD40?0l5|Z5!@&K7~dfR^5gyk1NRf|`V9>2`zp>9`3e9C`UVFF6W-wQ)%^wn^!M}){P+a-@evC5"
        "2MG}#6!P=!{pv0B1M~n3>-_&4{`MHy>ku*e`uhhH`}FY){_+Lv^!W??>+c8z`Su42=mGX;EcOcfC<g!x_bC1l1_J5b4B`OW`|}PF1@H0X_5T"
        "3m2l(;!{Qd6j0QDOD8V?uz_44fQ_xb<)_U`Zf>G%Kv^9b_e_W$t>Bn1-d{Sprc3f%|>BJu(E{~HAl`v(N^{QCyi;Q#vl===Zy>J2FW7VZiO{"
        "{#d1?*aqrBnTJd?HBg<^B?o|7#{cy?*9Mu0r2Pu?*;PY4inoHJLVJT7$eN|`v4L78w2?71_$#913LTd|NiU!`10Tp0{i<A2@d7=FZcHP3kdr"
        "N?)CoY00Hga`T7P1`t}YA@f`aq?G5(`>aOtc>L>pQ5!~1I1@Ze13k(<d6Y&}7{_heC8t(J~5atf<5bFE(^8)tr6!rN88aw#>{s!vU;{Y$;`{"
        ")GR^XCiu^abzr8SnTB2>lTF3G?>}4*2~4^Y#M*(*pAM82JDi?Em@&0{8|50v7e~`U?vR7!L&i8V2v{4)F2(_zE8h;Q+tl6a)YI4({^#`0)Am"
        "=>G2D^!xhs=JM|W_xkw*(ESkn=o{h#2lo8x>mKX#`}X|^1Qq}U3-SmU4kj2m4jdOp6a^0!8x05g|KRW90{iz1_XP*~_YU;}{P*Sm`Y{~-AN3"
        "3T0}1Z;^8pk1_45%Q76t|g>IfS05&s1S7W?}d75@DF69Dt~`~>>`_WCIGD-Q+&4GaYg`}Paz%@qO$0t6EHCIsW|4+Q}U2=N5#>+A6I0TA=c*"
        "ANcn@eTMX`OXFv@a^do0p#!V{N(ok_Wtqg@bK{N0ps`X?(yR5?FIey{{BS<{PF}0-Wmw||NZ6#`WNQj79i{857QVP8w2_LD*Dk4-7y9G3HmE"
        "WG!YI_0U-qg-0B_g4cQA8{`n2`3iIR%1M=AZ0r>3(00QX=84C9kA@cj~2?rSuDa<nQ?Ev}k00sE~_X`F!BnIsf^ZXF``1|=6BJS-N^bPj%`3"
        "n0MC+;T#`VjjF_z?u|<o*K`C-f2p4E!P85e4|<P9Ea{^z!EL_45q-1@asJ?)w!K=<5IQ^%d;-@%;u0_5}j!G87Ek?f2ye2J<NN`1%qD5%CEB"
        "NEHO`3)kES74iA_{t)x#{O23`1@rvv0}%)D^Z*G992x-n^!hO60rdC#@ebeZAN2zG2?+u0{_+eD1~(l4`_1bY?lc=0=@I=E@hA8J7YFtC3;G"
        "4r`0pb1{0j~X?Ee1o{rc|c+VS7;3?J|92nGK8{@DEf2@M7q>HPTw2mI_01rhlZ3I7)#7z_bA>iZAm|MeOE@f8Rf5aj^??+*w25(WAD==<;q0"
        "}Krp2j}F{`70pW?;ITp8uB0x@Dw5);|Uq<2lFTK8}JkY=?DKt3<542KN7F}=p6t1<p2X31MVLD_WjTu4D$R53kU5G4j2mW{Okqn$>$&pDGd)"
        "U3jXo}1{M6+0`?8=>muLd`{^O{3Ih7v3p4ck{{spB1OgG^`0MTM_VNG(<?HkV`sw}l_XY<B{|y2L1rZAZ1NQ{^0q_U(1p5^8_VW4)1@8L%@%"
        "jq-1poT?`u__30RjH?_4W|+`t<+*000E^1`71_{2B2SLkk4T*7^JO5&r)s4Br9p_z*TM1oIR_<`W+LK^6Qg0vrVoQ5pyIH8Lv*82IBIL<02i"
        "`t$bt1qAI7CiDO3>)`(L?ehly1O+7aEBg`w=MMuBC;}_}9p?iK4hs?P2Mz=B0`C9$_WuF||Ns2{_wWo9_$l`M2LJWy+4BPL1O4_K9`FPE2NV"
        "PN6#own3=aMP870;D>kIue{u${63;yx|{rdL#@%sGv@A?4+`2G3t?e^{P_xtho@D30N6Zb9#`2zj>{Q&_500H>?0Q~(1`~>y<{r&>>76|$L_"
        "x}g&)(J5e4)6#&038e;3hMOg{WTB#B_8$?=;`$L^92(11_J^2|MLM95ef49`Yi_m`~ngN0|n*^687!z_1o_8@d*a@^8o(o_xtJt^6~Wh{P^|"
        "w1OEjV^AYm$?ECTp@%s4n`vLj!@Bjqp;sx{S3Fi(54*CWC@)7F!00Q;*`3vmv2l@K+@9y#f^X>}y_UZ@s<Jax{0sR!|5cmoI`v5`hwBZ2eR1"
        "Fpp>mvOG@(~~_2@~o0^x`Y?0{rt4DhT)%_3rHm{rwa9*5?ux1sChb81eY`80QrZ@A2^L4*ua7`~wpJ{{IFH76$9=;068=>eA*B3P<h)`78Ya"
        "2<i9-73>ru>;el5;OH9@2m}2a-u@c|EBE#Y0r3t5=?V?<<^$B~1qJ#M<MiAI?dt3S>J;Ys^z-Ts=I8ko3>)+L>Er+h`Tg<h_xk4X1P1H_`|R"
        "fK8|5A2_3RA(`|9!h`~LOZp4%n!6$%y!3JMqjA{Oii85R8O^ZpPN`wAuj8S&C9<@M|(2OH@T84dvn@B8Z$4F2&t3I7lw`t1`70{i$G@e2m~_"
        "Td*K3kwSa_WcSB0ps!J_V)P&1oZj@`R?Wt5)abu4EPHT-xTHc1ODR`?&|sg<sb6z^7ZE}0RZ>x^Xm8c^6mKj_UGsC{POAQ`Rn%i_vQBk0m$~"
        "~`5yZ7*#Pq+<PQ4!`UnB-3giv){0jF71Mcz&?h^(93HAX1_X-j8`p^vqGuSHK^!@VS@(t(g;~Uuh3Hl%L0t*NJ@8<mU|I7OT2H^<{`x5XD3K"
        "tg>8WHR17X<GA1>xrE8~76G*#PeW6a@(Z|NRC71@Z#t8}=^M1^@v55BTdK?iBX_>FxII^#u9&{0!Fs1N|Kp4<rf<{0Z{(@8%cx8Uz>l00av3"
        "5(*Ld><jDw{QLm&^#T6y@gNlW^Bxf1_x1}J_AeF)02=53_6iK-?j-p5>kkd|==1Ia@%G>j3JC2C10Dk!`V%PQ_6QjN1o8p{7V;?u`2aon`2h"
        "d(7yI!I^XJ<2_W<k#^c4{c^BND-2q^ya2lwy&{4^Er{POJi7w-q~@AC-x_Uaq$5&q@_@d^6>=KTlj_xuy~9Q*<J@c;b_`2GG9AMY#I@gV{S?"
        ";Z#$`Su0_1PuZ1^Znx`;@Srm@DB0g>H#bB?C$F53JCE3>*);U_W%6s@%kwd@Dla`3KtR$>HH4+_#F2D8v^(M{P6}31p5aP@Coe~`|;)P_WSn"
        "_{TSl*^#k%1^9BU-`v3Ut`2q{(5C$Ir3iAN%6A1eM1}7U13;XsTIu!o=0^%16+!yl&0{9{-4iN$5@!|p+@bvf!0PPj}?Dz-=4D9&+{^;284d"
        "L_d^78Wd`|R%a<_Pre{q^<#3he6a=kojf<?#OOB<k_>{v#au5c=Wv7W4J$|M2<#4D$gH?*Rz;`~~;;1pE=}{{R99^X~U30RRgV)a3XH`RwKx"
        "_bdb;C=B@q`U3t0`tT1T@bUKo@AUrc_zf5i`~~Y61P}J$A_No%4gvBB;P(jR{UkRc{0;^N{U8$&5(oSb`VIjF5CjMb^3DYd6zc`|(f9-H1o-"
        "{*680bn{rm~|{_6Gs@%-%d0Ph$Q68{6r<pkyN5DWGG_51ex^#AJvvHkM^4f*^F_3iQh@#*;r`1d^V-~#s#@A~@j^zr)n1N#8{2=wsp`2Fqd@"
        "%IAt@#gsc1}7->2is~0<Mh}2{PYO{0Td4U2mTfV_yQ36@ct|20}l)S1?&>{`rr5o@CDiU83zgg0PgG%4DJ3L`vw65>Gbp25E2Ih`5gTj_T=^"
        "Y5@QGW^8pYKKpf`+{}~JR0^%O~4eSHz^6UHR1_1a41q}7_^78uz_WuC;{Lb#o*!b}D`2+O-3*!e1@hJ`I74!Ps^!WJy00IK{7V+f#{sR;R`1"
        "Bq679s`h3jPB6^7HoY_x14k0PzIk_xA1i1pVLY{tE2*3HJp67U&KD{@fS#3I_fW3I!Jo_xTm%<nsvV@i_JG{tU<Q0R;})@%-oS^#Ta`{R8Fs"
        "@eBm}4gc=-1t;Y72>=EH{|)==92OD&CFBPa{P_p?GZ-NnC=B5I>ihoxVg3o}2MQqV1p)H^_wNYx><9Pz>Hh-U?ji5@>E!4Z`{fks2J`t3^6C"
        "ig2nXF44HoR`^8DdJ?F<Cv2`&*1&*}2l?h*6`0`?RV>+kmS^!@Mj@b3Tg4(|H_?dJ^G5B~ZA>jn!T-1GR@$^Gg4`w{pIB=iLD0Rsj45d04q{"
        "1E--_73<A@ZJ3u>InN#>GcZl2;%ee?B^cI@(?X5?d=xe`s?c8|K!8x0psxd=kOZc`StKU3HBA^_4yD6@#`=1{rxBb2i-0A(f}Is^%(&R0P_0"
        "$^BWc7<LLkq?nDXz5bEk+?LGVR4Kxb%^!gI~F8?~@?BDtA{^axJ-Rl7I_Vx1s4FdA%^7!)n3KaVF1m`3I0S)&6`VI>Q2_4}A5BKl^0R8me?e"
        "^~b`1Jz>1^fH?PXH<$`|ab`77rQp5aIa!=`suS|MwRG?GE$f^920$`SkPh4)Oo<_y{2Y0Pqj?E#D6F^YIe(<OLB93<&u16aMM%^dH{d`|Jk)"
        "^YRGm^4R_4@caS?6a5kz^8oYs={UPL{{TYx?d&iB{udMg{4^H*`1K(q&IIQ16%6$S0N)M&D-!S&;|v}1?E>yC+XWu<#oz`O9mLiM_vSJA4g>"
        "q(^Y`xm{rlbg8Pfm<@a|0h2nj9w1?&qM>=FPIJLd-t^7rH-{|+kl5Zd(?D%Ar5-3JFFu>kP>1q>76>n`aW7Wx1N0_pDQBkI@y4CnCh4kE__0"
        "O>Rx9|Q0DV*mp1Qse8w5aJmg<p=-(LJ0t_1RoOr0p%qC`Y;a%@9{4J0QVc$^#~XX?dCJ=@dx3x0sZ^|>HgN|4eAC9L^TW~<O@0_K`Qt9;>9`"
        "i4`B()9P-u!3tBk9`3nH;`0(@m3GV{*{pLRZ<nl8j3i$aS3kEmj85HLG?cXR19zO5q@A3iw4f-Az+|MK#!Sfyr2Imj@6!Yx@`voNOH3sPH5+"
        "ND`=IsLh<q!Y>{s2Yl^8fb-0qK44I9&kk*#P<EEGYyX7X%{z8vg1#O6?fV01Xt|_5L33;|3fS_z&MlHt_QK3DV~Xz~So;1or^;J{AW6`sn}w"
        "1s>`D^Y8%S;Q<Hv5D^2U;l<$e`NCCy?(*{r3CRZ*{t4mY1>w#7+yw&>AOCs@FV*K70Ob53*dhVr#v1z>5<&V<{reR?4gUZ&-S6Mn?;!>K^aV"
        "*?^2SIV{o3dhBOw6y1RDPeObPosFaO&0^zs<(A?Ot95g0K5;5IM-@&^F?Fa+=cCLR#g?*=;b8}9ESQzH5#?*Q)_*Z}eS{0;X269ilT=nLN|0"
        "s{X(9rgn89l{j!$pZHl4<Otp039Ma3D^PU@&D`yMgjoz7xU-v?HuzoJ>>ZO?fthv{q0E2A|U`&D;59{8y*Hr3ik5h`v30t+xQdh^8E-a0JPj"
        "s0R0;e1^MGF>H5kB^w;SC*VzEo?(OOj3+>#+*BH<6H~Im^_~Zlk1rqBB5$)US_$UPN4FmJ>`RW$_3fUGH`}6eg@cRlF0RL9(@=)pF4&vDO0u"
        "0I>0O}6z%JT8i^lwAt?Bxa(_WJr0`RX0w>ICRG<@z`%^YZBRCHdj(5GE!G<L2f9=L{48<4e@?<__yD5)eD>G&d6X*75li1_A*W{2%x9{1E;x"
        "1n@56`}z(De+};p0O%ms8Z8R|`nCQB=nv}%*#zYfAKXF~ANl<U3MVi890UO|6cY^g@Vx2_-SrL8|Ks}x;`0&T3Ftlo?j0f<<lP7W(EZ!$9Ng"
        "ml0y_N+`ZFB`^xhf(BKtG|EfO*N{qoiS@WlNa0TuuU_&PoJ`t#HA@9F>r{O|w*KoS@%0Q46C3;+Q7`Q-cr1OPQo?ic$a{`3zX>FP5a?f(M+_"
        "Adez00uM&<>dbT6aenz`Zm=><`)0}^b_%0@%;eq(Dd{89pokd`ZN0>4d@T?4;}B`4(RFf*!=Vs=NTUZBiHK+><r-N<^AsP9^v}r?hN4!`RoJ"
        "#`TErS+z{mc+5q^v>?{Cr4(A8%)BgbJ0R$FE{1zz<_WCIR)8F?(@AM{U^%NEp>;MD{0RRL70}}wZ^&02+_yR%K^X~!{0|g8u00|-N^b|J?DD"
        "US73F-g?AN}ID#Q_Nb90&9z7v}Qz?+PRD{VmT50^kkc4*(Jk8u0)EBg*U7^9v&kLh#<>@cj!6=<r1q4j$?Q(fR-u?-Tbk`Q!5e<1zvF_Y2qk"
        "^XU@X@DSq><mMtG;V}L0@${DH`QrKG5DNF}^XldG*+=;I`|~FV8YBb=_WMEc=oKCH`!oSA)#TeC<n#sc@<-we?eOa~=R)SmJOTaZ_Y2`P<`?"
        "w`1OpNB7Y6+2>Hb^<{^{8R{7>&Y4BY$#5)cG2>nsQy_um&F{vqTg82k(s>krZU{0Z{!8TaAXD*qeh=Jn_V?Cl~0`V`IH0x<pR@8$Xr?MlJi2"
        "2L3)FYns}!1n#$@!<RQ<<Af|=JWOR{SF|;9|i9G^W|Rh$1n{h+w{ot${O_M>+j*W00s5{ANT3d_~rU7*97ju(?s#~1=aw*`5P+=?f>Zm<^cK"
        ">?iT6b`4`gk71r_e>f!nd@Zbm~<LMXX-S7JT3j_Y&JoN1a%<SUq5z+$h2@Ci266_xf<m&Y9;STQP`UC|CFZAFn91{Zz?d|i`=NAt6@*@525f"
        ">a7^#G~`?%C}4{q!&j@E4vI<pAO5`t<${^4;A;1kKL?7zN(KGUwvn<s}9A@%#Y(`1khbHu5yQ^63{I=qCU5@Cnxv@(felUDoXG@hl0J02LUe"
        "2lprWC;<!!xA*Y@{VU}i82~@%?hXPl<^lRR-2KksD-ICeFWM#aN*5C*7BJBL^7I7p_5}d{%h3Sk=;s>wCg2t@6YE$E`R4fH<|+0E&JhUeFZu"
        "uh68`-9AP5UO"
    ),
    "cl100k": (
        "1@QF+`urZ{66gm33;Or+{}~SJ3gX@fBnSxh8tES-_xSnw^bP_F>HXXS>htjW+#K-r_4*16?&=T&=hpu2@d@?u@#`1-)E)a1{rU$BA`ArY5gE"
        "Ma<?H<8(Ek=0ocrzq{LKvd6Y={39PJtg^6~!g>kahq6$kSV=nV=a0{sj58TA7uI|DQn@e}+E7XR!IJrg$w1`Fs65gYLb_W|4r2k|ZY`w;a50"
        "0{pR1`G!X{P+$6D)Iya4+ZYq85iXd?iU#5BLqJg75Eb22KELU0qP1M><{Sg>=Yp}{t^!T@bCf@?(+ZQ<qQ-E5BBHx4eSBz^auJ5;^*i2=m!1"
        "r>GjwZ{@v~M+W!j__z&6f590sr3;_ZK_wor53G@~l92XGc@)8RA7X<w8==J*Y_!1=g1M=|e;OYbY{P!X4AMY9L2Poh9^C0-b6#x+30~`eF`U"
        "ook+~N!C2Mz2G4)yEv2>&+LF9!n+0Ov6H`y}Tr-tPkP?@9{&@#1DJ4J7>t9O};~L@y0Y5c4AB=k@*+^FayzEdL!71rs6)`xO}X)&vOB1k>CC"
        "01X7}^4skF2lWQ{|IG~^4(kj6`u*tx0VnSK4<7vr8~p(M@&XCt+Vbc3_Z9pf1^+1l2lnqJ&eRSM<~;@-;SmD;BIOPJ3H}xM1OEF669yUf5b`"
        "JfA0`+A|M39(<Q5!C`3V;vBkc+P@%IV==jZGn?g0EB{_qv=<=Ytz68z#S^8f<~7c~+w^ARQxF!U|)@EZ^5`s4ZK2pRzR3GfE*1rG}B`04@z8"
        "Tb4H(+29}2=xW@^W^{t_u?W76z}Nw^8Xg_4f*#GBOLkr4n^?)^7#e-3K|Rm{`?s35aTiR0T}4-{Ph~+{sjmR{_{2%2oL}Y`y3+x4J!^4BPHm"
        ">-wyT_{r49E_WSkd0{aUM_U#M-{tgBL2LR^m2Ko5~`Vsda6(92kAz1Yc+4%_x83hms{`&g&4hH=0_4W_&4FC=P_4WPc{Q>|E!R-e4`uhL`0R"
        "sy32K)d13Iq592?+c6|NR;i6Z0DE6A9%ILKF-m0~-JMDEblk_VO72^8^$L`33Op`vVB(125MW2?+lT0s{aF2H6zp-2fL9@&XR}^Y8lY*b@&4"
        "1_lER8vpnG{0k@g|MmL^^(-VPG3+Dq_zDCW{r(Uk{`Bz$4D$^7@eB?A^W+5*1M(0X>-zrVH1`A;3IPHH3^n%`@cjAG3jz4$5eg;~0@?NI;T;"
        "_0^6~=e0RsT(^z0D>5(xbI@8|IG_W1q+^#t4k==%5#`~CUd2mbU9ApsEc^%V&b75^&;8`=r&{W1m#`Wq7M@bnzZ-}M3d>izWh?)Vw}BkBwm7"
        "zqUS@C*e8D#Z}q;TjMG{0{f;{TcWN{R93I2<iI!2@(PN2K3iHQ0Ex%DM#@E4G!W68y)xc2@vfR_fPl%`t9TS^zG6T00Z<H6d&pH|M&s<@DKk"
        "G0qExX{{!ak2I>##^7#Vz`YGuc?)&Kx@Wk%<?-CFI2=Lba1pfOM0Tmwh59Au-3jPxb5$gp46z2;3AoKwS_!ax~5&;blC?zQI3;OiU`2#5F_w"
        "fG@4(tl_>=fPfEBgE#1p5*1_U-@~7V+`-^acO@?kwL2``6?T=-CPG`1B$1?*Qca>?APp5bz8F6cOp@Gw=5F2@@Ug+yB|=7XtkK4(Rau`|AAp"
        "^8f1U@cRJx==bvi^8E7x(gZpa;}Y%o5)u3T%MktW5%>86?<DpD9sdRH9TgWk9|a&z9|9K=77raE5XlPR`}F-3{{saSB_IL)00H_404p5(9{m"
        "me1sC-I_7MH^@b4Hg2oK=;_zN8gEf*6N4*~)j7!CpY2=njy|NjT^>hU1(D&-ai`v~kR?B@#6=lSsp-Si;&9}eQa^wjk3^Y#MB{ORQc`wj~2="
        "?neQ+xz!92@v%2{s-m?_2ugD1KaHf>jCxZ@#pdK`QZKR=kw0u^$Gp<00K1Z{@3;g<|G2^01NQ}<q#C#F6Qd!1MnLX`vxA+IP2df`63%30?Gq"
        "CE(9Gg3lA0^1kVQq```i(1M>0#{qPbK{_W%(4*T{4{|5#dAqNKlE&l=V3lS6sDhU4a1_k`^4hIDQ_WA%YI|%~?_7DUA@cP#cCEO29^!^X==>"
        "F^#BLp4%1pfRO0~Yn}`w;#JN#_y)9RMEs3k$~JSqb+81_SNv?(p~Y2J02#-}x5-;oJi5@d@wv>+k~-1NZ^%NAM8s?HlU-037c4`TPkN0Ri<5"
        "T`B119NyaY{^<h#4Hf+J8|nc3{QxEC`uh_ND*-495F!``6d5VT@dNeg2Ta-X`1bYy4h{SI@A?J#_jNA{@c{7)_EHcQ_Z{pU?F9M-0Se^<5c~"
        "q*@b?w<^#2DL^6CWY9rx%G@8IL$_Y(Bo3=Z_>?4ADf^%ngX)dl|w4f*;P{OS=P^!OG1F%11L+xP1e{qrjX77`Z~0tXHO^9%L{3Md*B;}Y%^{"
        "xt^~{QLCu_7oZ13<nn-5BBvO+#3=i{R{;y`uP$CBJTV0|1Skf4Imd0A|9duD+TT90w4Vo680?I=mG5|67lOB4G7`l3e)xY@#h2c*yA}A6)6N"
        "w1^Vao2MHng`}P3>-3H?P0PhU;5CQnj5HI}r@Bj)90qPId^5)<E-|znc-R9^6_T&8V?-3Re?+6JA2Ne(d2><^45%=~4{R}1j5CRMg6yW#y=;"
        "jIZ3HSZ)_wo(+{{8yx>+cHc_wfb&0R$Q8`0w5F3<nrOB=6JT)!pduH3u9I5!&7I`43e!5+DpQ0yh{0Qy>8t_zU|09tGzX7!4W@2lC`87Weu9"
        "_wDWb3iI~}7w`7o<>}u2?D_%u0ss*9G5Qhq^XljoG!7;Q4%h=44)y%x`3V5-_vi5S^b7*^{tNr_>*oIm?j-!>3JmJ&(C+E$`2P0`90mOE`V;"
        "=}3IhfR0txfz7&PDZ=K=i@0Vd}C0r%_Z`t|Yi=<)LI>ht~s_4M}Y?D6UE?)2*K>jVk`3jqoQ_51+y_5An#{`&C!_4f4w_W|?y`1b$m1_ty90"
        "rmXx+W0yO8S?2o5Ipzh70dDZ_4xG*4>|h=^7s4n;|B=b{n{Av0p<M)5fjY+2nz`*016ND2@KZ(?)=sC_22gH*98al@8s|M`10%i^YiNW@agU"
        "L3GMd)^9S@3-2mzK;{*8a@d51P=JosK?gH`f_23Ng0sap8-1q7a_zn^2_4V!Q@$~rK=<50G;^!Cq?B)dV*9YkM{P`f^8R!xa0R}JH^#C*yRs"
        "It*6A1_f?hE?+=qlm>>((d%_zd?ALje5;@%Qcs@bdN-)c-Ij8Wsra8|Cxz9`E}4=KTuw4hiKE<@z8O90nZ;8T#|(&+q&Z1m*7g6jKiB`5*%v"
        "1M><B6W|9l?h6hE@aF&!5CIYz<q9hQA@KeO`Q-Tp+y@%y+Xmd#{Pg}O<<;Z~_3Z---3saj@D}wi-t_ho5+nc<@%{-50`~3t_5tPi{uS{L2j="
        "DPA>l0K_wpG53i|o~+8+Pw1nec+4h9km7ZeQv6&3pO6$9@6_3#x885Jt|6bJq+0qgl71p(F+3;723>;d&3EA;0MC;uB2``QZw68#Mc`2Yw1`"
        "QscD1ri7b0|XoV6VUqd_U{@01NQg}`s(^54+r7%6!`=R-U#me{`vPB-vagq?IP#s4G7u?@9zNW@$K^X>hk*o`rhd82l(FX{q6Yo@$U5kA?@+"
        "${RRy6;~Nhn_Z{E*>j)$166*}_G6w_+67}xu_#Y$$2nqKF2>1T|{LUp1>CYp}>;DhN^8@Vr1Nz+y`wA@m^a%112FdQ|_qhcL0paEV;S$~h4m"
        "=L}4;2aXH6iEx{L<eEClwRq-X8h&B@7n-1OyBE^YQxr82}mv0Sg4^3diXY>-YBe;`i(7`1$+!{RH3q82&r|CH@Ny5E$R;?aK_`JL@3v{{jE+"
        "1@;Q_<oe<L;r{{q_vi)U+#vAn{x1j91@rFx0A>2(_yOPl@)Z~J^B)uC?HCIF`ta@s>htax_AluL4Hf4a3LHE0*BLzx0s-+L@$mx>@bnn|1N8"
        ";}2mt;82lM0h2QdNR`5z?*><{$!5FjrP3J(bY`wAQW5BBx^6Z;SJ_Us7w_~az;4ffv#@&@<!>FfmX^A7p+4)7!Y`Sb__{Q~qF1nyMB<`(M+_"
        "!9j-^#}JQ@(bnu?F$L>+x`kT?f>%R>j?h#@89C$02lBP_2~}i^ZpU?{Ps2+^$iu&67v2K+TR2N{UHMa`~dm&80!iW4+;Df?;!62_wV}u00Hk"
        "C?*9Yj>G|mq`uy?Y?DF^I*ZdCW0skNg4(0U!{}vYY2N?_y8x0gI4J`lf91#`&z9S0`{P-9bA`k}P?A{9#>F@ss2jm6>=>Gu%3*YVY@!8Pa0O"
        "j=i=I8hD{qEub`wjr+<?Hbk3F-Ir=kf6N`SteoG2i#}{v9GP67|ILC-Lg=_3{7u9`y79=>rAz3-SK_4EqW8_4Wi1=k^K^<nAsn-}>zD?C<Cf"
        "`$_;bJ{tK70T1*I{P`*}_VD`y=r0fL2nz=c?eFUp0{8p&2LKEi{{8I+?B@vV`5+cV_5$Jm<s1_A_W=3@>K^z62nP)N_`?VG8vPCA(+L0m;qL"
        "|p6!ZiF0rV2^^W*gb>hk990qYI+8vyO8?*aJq5C-@4`SIQ4^W@S2r1SI+{P_9><=*rV;_Cwv80|Ry^9t7Z=?(Gt^Xdch0t*KL6!P)!{Qd3j^"
        "ZW+%@#XUa6(|_%GXXCWTJ8e**!~O#0|62H2KXBV4Hx$c`vF1o1Q-Sf8Qm%S_ZQy~_VmUMDFF`;3h?v?75o1r0S*-Z<qY%r3?B;=`S%1Q4EiG"
        "nB4_;v4fX!+H!1QB0tXHE0rdX;3ib!!=lSsC5$XsQ68{AO^8xw(^!@?&@YCqs$?pXD_6-8~>*)Xm>oEQD6Ym$<_x$|+01Er!9q;h^_5~6J@B"
        "A3x{s0H+3-bT{@ZALO3-j<6{PF+k@%!)m3;FBv3jXH+4czrC9|Hso_T%~Z6bca={0$8O?*aMR-24>!?;!O33J$^r2n-AD^Zxbf2mS{8_xI`m"
        "+Yk-{5C87-1NYzo75@_m0R{&89tj8NHtq`+0tOQSHWnf*LHzOp>JlCTGv){0`v4a86B73O<LDU$<_rM}?F9$!_AK-f?BwJq1LhFi@e1J@+#)"
        "CDBKq?$2O0J9_5Bna>>CE<^Bo`-`u+|9<4Fh%4*LQo_4VxR^!o1W@aYH;AouzT^5G-k5B(+q`v?mT;qL+1xB%_t|L_<FHQN5__x=b84fZ1v@"
        "evdD_Z9LG<pBEz=kWJI>;)qI6#o16?cpW?{{b*B{qG^_?&aO(-{<Y-5zqDs*!mLD3JB~RBh(23=>_1_=-d<4?iK_N56=?P0SGkJ<_ZMs0QK?"
        "@<{<*j%<TXK)fW~303YN$<`L-?`6u}0?e-SqA?85i^4Hhm=f@WK(Axy%_~jSr_8;Ho=<@IL0xsy}{~I_J@DujO5BnArBog58HSX^+_v-x{>*"
        "eP3>-qrY?Cb67I{-E#;vMnOD<~KH2K4Lm=O_8;`0D!m=<^Ne-4hY+?ehEb<lYhl3KTm20O3C49@_x)+~M=@-VhA|^Y$R;1p@f}5+m*T1mFr3"
        "_U<b2Hu@6y`{(-i1?np`8UO_820ZB~Ap$kx<?JE=0s;U407n+~2K_h^@dx7H6y)dk0Pgbv`tscw(F-r;<m2D$;r#~F@a-rKFv0c>)zvfk*Z$"
        ")L(&o7V_WkG(5#0d(^9Don;VAYf_{$Ub{!twkQ5O0?0SVh5BN!g`5EBF{^UVeb;PwF)#Rc&S8t)R~`vu<<AO`>r_4^3yK+~%L$<^oyA~o>q>"
        "drzW9}p5zO#=(=8QlWgBJ(Cy77_peA_)M|2Rj`M@+JWQ@*5c>{`Djv009;S4KmyH+}aW7_u=8(2pAsj(&6#P9Onh>PXi7M5(yPg045dr>dF%"
        "N{$}>YK>W%9;z1_h*$x2S1=ix>=L_QH{mLyw<s>Z{CHL7AC;J!I5f#%9%+@h76A9eb&if(O9qIrH=*J*J-|-Cv3g8g$E)E6!?jSG~G#T>6Dm"
        "xtx{ORKj*$w~zL;ynV%>D=0C)QT(DLer0+YtQNIu#5L>kuF%_Y)0XA@?Y*0QMg63I`ew-1h@1^db)_0`TJY7xUpo)b;2P@8kf~91scs+U@`V"
        "Q1kEh=EwjT+yVja=@$Zt&YAlB<-r|V-QObr7SH=IDmTmp_QKpa)g=iB2`_K`KIq^F0QCS>#X|w#1poF3+%7RGL*Ftg2=M^v&E4qd+y?Rb*A8"
        "Sf5v?W-4h8M~Lm>eFIt$_zLFfS?Ci(pg=H?j^D#$VF73w|!!8c+64)OpuGX>cJ4Dbx=0YV`U72FOO6&>Fs>;U*e*Z>9({tW^E7z0lK+78L_7"
        "x2h2{095_2?h-OzY_H#3KRhi>K+b86V4vX?fWbjUiSbB{utcS?D6wRRT1?E^Z}+h0Mr=JDlY&{H5da0K@sLE2KD^$0~P57@8B=z)&Ue80M^<"
        "~0QyJv^%LC_?G*R}3(@HZ;>!Ta)eZm~76K5@xiZ%WM)mWxDBBPR`VitT3FNs4>iY5!EeQ3u4(u4^?Z+!G*u>-!)C3JM5cw#}1Uk(1INSF52K"
        "CoH{ngyU$O7ri=UqL)?8N{b6aEzO=^H)f1qH|~;V&T>-`(BoFZZ?T^)Ce6+w0=~-s}?q!gSp5C+X2TDgZC#_CVwR-O~UM@B;n$_xCvcAsF`&"
        "2ka%}B?S-%ND}M;0Qea5`1S(;`TPJK|0e$a*agx6H|JzB9TWNl>n!>Y1O@yV0`Cp+`2PS7#P9#MHO>73;QmtS*#Q*-@FgE7(>4GA$^jP)=?l"
        "~6{ZINh`Wh=0=B^_EG6x#&A^I!e?e^jW;>#>5+yea?{vs|DG29v{+wcGd0|NjZEEWMU2&C=+`2hg``rZ@-1pq!t-Ur?h{09~d;OtaS)CL3q@"
        "B0AyE9wsl)Z`ig{{ZyE=Q*D;<sA0_==JMD(MAB=8Q~W86eAA#{u%u^7v%O7HBS=S2J-gr>CWZ_(JvJZNZae$A?^?a?Gf4k49Don00i#|CGQ6"
        "L@b|3#%k{YH$pAan4m<!;2r>Q+$O{1E<_--a02v4z1^^TQz`PPz$o&sF+$8xr*bpuU7XStS^92B{-a`BY@c}c&3+W5-76t}203<N+xD7T9-s"
        "|@g=Ia0fM+)5P20HlwN%J-D8{YZ#+9*30@D%zN0?9%HAPgD@6XyUX2m|I30m=j-MDGOK+So%3|N1f%0v;wf=o<1Y)+rh)BH`!}{WKf(>H5*V"
        "^Z*0k*B8Pj+Z`SB=MVbf*&WN-0{{2e`S;J@5#Y}u7ESBo3hW&b783gX`u8rt4=3g%-Z=OZ@)5{4=hYeI?Iz^m@bmvV;6cCQAW7iQ?H<Pl<O~"
        "4`{q-Q|IPwGF=^Hx&_~6JJ+<yZh1MLC*5F!i*(>m((;~p0~`UDgd6ZkLp-TAE5_5bSG110?v`3UIi&;r{i2>uf4+C0v@+%6T_((f)J?Faz$6"
        "B8W}9|zzo&HnVoBfSy^=^jx8+7wCZ<NyKo2oB{WC;(U7@(3ag%?QTw<o^Ec5AwXQ`2io*3=rfW)XMi9?F-++-X<O948#EA3NjV<*#zGKAprL"
        "?_4&dM2_fm;C)3;n($54i(dQ@y&(Id(+0EzT6bH}=Db>il(E!!+DhmGM6Fuz{90Lpt;0)aT+%3)o?gSnNO6lhaHzC>;&kNxE<_;eG-8%E|7Y"
        "h|0^XRh`1;-ED)8G*s>KW4q>;S#w^c&d^A>_O%5BbUf^#8=~F5nRL(>V?X(f$A+<lg|sF%L5U;l&#z-uo2g?>F1~*z6#)7w`=E;!zu<=PV)2"
        "6!i=V7vm5Mz6t9u;t?1Q001x$4i5hX3J>%n{wKibB`5spMbsMIKqmtW79-gB@#Y~p+a3Vh%jW>Q|J4fvEyDUY`{6tx>i+}?<W1@v0}TT6EBF"
        "8c3+(SI7akos"
    ),
}
