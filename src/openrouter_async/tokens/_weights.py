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
        116, 126, 39, 35, 57, 119, 63, 54, 48, 52, 60, 103, 70, 109, 54, 51, 47, 47, 54, 44,
        46, 53, 50, 60, 42, 135, 68, 31, 135, 84, 283, 124, 74, 70, 135, 135, 84, 135, 79, 135,
        135, 81, 180, 196, 180,
    ),
    "cl100k": (
        133, 106, 62, 61, 53, 120, 57, 58, 45, 56, 57, 94, 115, 143, 117, 91, 210, 106, 100, 123,
        142, 192, 102, 207, 209, 186, 177, 116, 186, 109, 283, 173, 99, 100, 186, 186, 116, 186, 122, 186,
        187, 95, 248, 226, 248,
    ),
}

PAIR_WEIGHTS = {
    "o200k": (
        "5&9Pt`0x(w{{#2h>+13N^aKP5`vMRL5ApNo?gs`73<m!4`w0dd_xk+v0r>s=`}z$00rLR>`u++0{T2Ta9|Zyd`Sk-D4(|)?3-9~<?c@0R>-g"
        "x{?C}8g_5b_%00j#73Ka<T^Z)?~2=E9Q@D&dM4eRnJ;r{yd_Ye;C@$&Zh7wziq;t298{}0#x><Rk(9P9t*4gf{`?+OG1`s?Bb?ilp+3<d7;B"
        "mL$q3-j|2*B1Bk0Shq>^a1l7`vUL(1Nr?H1vmQ@{r&&<1L5fg@9GjB?-T|31nmM07Wx7F{R8|F0RQd;4+0PI2LlNW9O~@&1pWW>==<&Q0SyQ"
        "n2jv(1BN*=96$%I$*ZTwe`Tq<02^s|E3+EIFAJ*#b3Jnb%2>0g^_xkkx1N9j3`t|Sk_5k|(0O|hn@%Z%I<M0gG`2O(xA`$Nj3j+HA@CN(<?D"
        "g~y0`w2{0{a>b|MT|s{saac=Jy%~`TF$>8vX_P{qgerAOqeF-T40g?fexC`1$_?0{Q(7`~U9+2mkW_1qbc*1_ciD+w>Rn1OWF2?kWoq{|grZ"
        "B=H*(`WE)>7U%Q%1?>z61^4>+^yusL0P+Xz?)Kma0S)y8A0G1w@B8!b`{)Ag`1}m-?dKfn{{-+32n6;I8s91t1_J*H?D+HU5(o(R@dEzc@Z<"
        "Uk_bVF$`vL#};Q9pp3g+qn{PzCz1`qe{?h@?%`v2|^`t|Ps4*&`J2L1Z){PFkn`SJ4X0}lx2=N=6M^YQik?*Hrm2JHd&0`&?B00;jX^xyv72"
        "MF`@8vG3O2>JW%@AUlR0s0Om>?{5&1oQk7?+g3q`sMfi_x1<+_80#3`}zFt3JdW41MKtp_Vo)A{v#e05B2l&_Y?gF1@<fZ_5=p_^ZE7n_3H>"
        "C`vv&_^$_m|2KV#&`}qX%9U%hp0RRZ;@a_5-(-R5~;ROBq?*tDY?fU-#@%j7t1Nj2e6ZGKn5B(6}_U;$n{sS2lBkBhA|MB($82kYE?gRl53g"
        "iX!`S=F)>j?)C{TLGR{|y56F7x#J5$^Z*6d)M#0}mJN7ySqJ@Bj=b?D7Bs^z7yF^z8lY{r2bX?fmui=<)XK>hKQx@eKs_F7*Ex=;#CQ^yB^d"
        "=LGZu?HC2`>Id=Z1osUF_4e@Z_Yvd={w)pl_VN!C0r&;#2n7=E6bl#O0{0614fGBy3H%WH0U!1Q{TUSM1o|Nb4gvoA<MS2!5Dy;t{rUC+1so"
        "9u?FsYk5cLEK{QL^=_yFky{PrFI?e_Tn69xnI@dE@P`R5Sx|1kCo=m7=~4iNhU@elF>`vwI8_zV3BANl$W65{+02@xar{0tEJ0|)`=7zGLM{"
        "PqhC`}qL(^$H6A^7<0_^#29=4(Acz^aK48_6G9^`1J4l_5uk01o;;U0tX8e4+R7a`uh*{_4fMm^a$|>_x|?x{QwvW@D}h08%q}I7a$Sp><j$"
        "z_2vBd`|<Yf`t<b$@doh%_xS(;-}D+42^a710{r&`*YpAa1`rkx4+s4V0QU+H_W$(w{0kW4@cHfR{P^m~1@H0b4-^Uf0TBQV`uGS34hj76>;"
        "v=${{`&+?e^vX?)3-u<?8hb^5hEq1Lo-V@a-q!6Y&lG{0`sh;`#jG<^L56_7N81=;i+9>+sp|+vwl(>f{FQ<?s3t1peU#{OI`W`0Mrh2=fo>"
        "_yGS3&hZ4|@$>Wp)fo8z`VkTj{q_z06CVK$81nq|{|y}g{y_c%^a}R%_6PbH7X1kG^Z57i`1TzA_xttp1P2-U>+S#e?)>{2?GO|B|NRUF`TG"
        "wA_WT6<{{sK){R;;G1nKke5c~-9^zjYx2^0|q6BhUs`yf9Y`VJBW1~>)_3=aMf`2jfr1125y<0<e683+II`V0pF4ImE#2K)pR^#u(J6({EJ0"
        "UziT1TqBUEb1rm`~4XS_4ES>`2GFp_~8u>1@Hp_<Ms6n{159G=<V+p4EY7}6ae<@@$B;K1@-#;2mb&2^6vNo?ep&D_tf|X@E`U63kVDm_67;"
        "-2n+)J2?HGb4D<5}0sj9I3iby2{00#B3IY%84GIbb3h@IV3ljk)6$caf1{@Fz0_YPS3IqTS`1Az%@B#J%4g3WZ_Z08%2k-3;_5bhmCj0B^{s"
        "k5C@Cpe7@dpy_=<)6A3=0h&`~C&``49gl{R9#d|NR&i^c3|7{Q?a13-s{&1N{#C@(Bm-`1$qb5eEnj^y>%o01yHT^Xv}f6#V`S^8zLf`son}"
        "^BW`x`T_gz{QC?C`S$<x1_<{R=<)3U_6Y0t{`2?t@a*X6?DPE;<p%Bn6g?CF4*c)W^Y#V!8us(?3G)N~`QPUP0Q>#<<pA;h1N#!?@B9Su1_b"
        "u@`|alg=>YHj`~vg|{rU6|0|WC8_67j*3IqA~^ZW%G^91<}^ZDKz2nHwj0Py<%Ap-^j=LY%q@A~lu|MlSF`{(iX>-zHt=kWafCFkz?|Md(H0"
        "0svKC<p!q7Wxni`uX+p4)O8!^Wg6A3;6u$^Yab-0}uoR1N;6G4G;(s1N;c%2l)sA`0ED@`uzq01mywn5!?<6H3Q`){`LhF_Wc<Z^aBJk1r8J"
        "p4gd@5AoK7U4+<Xk?EEC|5bp*6<t78{_5Skv0_zFv^6>2s`Rw2N=?Mb*^$7I`73=v80T})I{QB(&6!8)0^8n`K^Zpt8^!@z@{|*NS=J)#x1p"
        "f#G1P2QDBmw*t`3(*T0SNr}_yPm&@eca-|MfE|2MzrT8VU|V{3<X9`YIJnMivzG{rDddB0>BC_6YOq82S9|1MU3t+w=|s=JN&Z`0?-h^8@q&"
        "6yo*c?g9n?@Avfx7xMV|`R@Pr@dx+=?ezib4F31`{P7kQ3;YY@`}Ozg=nee^0^AGv2K5c(6AS?Z6#ymp1|Apg6cFwO2JaaG1Rfe185aZ#5F7"
        "sO4jB~|3iBEi@ecnD?g9hw`1tAP@bw7*_V5Jh?Dq`q8w&#e`3Vs62=D6i6Z-`S{Qo8a4G0$l_Tv5P1?~L?`Tg|t2l3_i2l?p+0__(J0Rj-{@"
        "%{Ga0tD&*4E5_102KEU4EXu^`2qF>_XO<x^Yr@<_v-fp5DX3gC>Q$&3<nYe|NbQP`u6|<80ZfJ1p)OT1P1~8_uvWR3Kan6CKmJ$|M~6i5fb#"
        "?@aPZg>GK2m1{oIl{4fmv?&tde{PP(5@AdTk4d?{y-UIsT@bn1t83F$Q3f%PZ@&Ntf_WUUM5BnSN;pGPe?btB@8x#p1;PmMB^b`xl`}sp90Q"
        "u+o74z-{0t7ks-u(Fe1se1!4-4!3`04fe`s(fI{Rj0E2lw^!`SJMi0q*n!1o{c%^5z)+;}!S)7XJ70|L5@$`1$+v|NI0E`t$Sw`SI=K^6u&A"
        "3JB{d@eAw$_Xyzu{tov0=>7Em?DG8Z<oy8o`uOhd^#$Vc3J5&@3k3iM0{j97<?Zq#2^IMC3+xf^EbZ$5@AmTv?eOd8<LdP4_w)Do?)~rf?C$"
        "#a@#gXI6&CmP68#|h{Oth!_Wun9>i+)t0u2%N{^0Wq^!NE3{qrUJ6Z!uX9x?UR@cj7h`tH#e>iGWl2lV~_0`(*811bFf`R_gT1Niv}^Wpah5"
        "f%RW+BMn~1S}%}0L=Co^!DivAt3+t_Z1WB`|t4$?CI+H^ZW$v=>O{S1>x}L;q?{w{2l`|-}wLw<n0Ux8W8>Y|M~*k<lz1H3Jmf6^Z(@T@#6*"
        "U^9T<U1PA!<=Kkvg5bP%32;mv;67L86_2B^g^zr)e2mkOC>jUcW{3rGf1P=Ba`UU#=3jGxp2I&^_1??OP{`Bz;2o(eV`1a-T>-qBT|M3qA>h"
        "=Km@agOl`vegN0RaN-1{4Du6#niG^a%Or_YLjy-~smb4Epu%@ci@n`1k_z`2+wd{SW^5^Ysb?-Ss2<2OIqY^adXIAr<`r=mY`@7yc^{@F4mM"
        "0`ejt74h~2MD@+_1n1}u^Y#G#{|NT;1oZk8`1%hG^8yU==PdFG`R*kO==Ku;8uc9V91TL`0t5;C8yfN)0qOMi>H6pU1_%uS3H$W@^9KF+{qg"
        "Yt{`mI+0}=M||NcA@`1k4x6)OoA4gc)=|NQ#|_X-#M4gu;E|NQO*1^fOJ0tpEJ1_A8w`0MZe4&(U@=;;Ir5)l3W2Nde?_2BmV02t!{^Zw!C{"
        "S+DP_V*v}2^#YG{0062_x=U*6!!T7{_y(a8|D1&^7i%j|M>y>4(|ix@bnQ10{js1>iP*K1TXs40_O1<4gnq#;sxvN4ebf;6!`(=00-Le77+9"
        "EEe0|M2lpNI4b%$^{v-|uA@lz41Rv`V>+|db12g;d8wT%44DZ(z_u>og;`jyT04^2l@DK790__9{5(WPjI1Kv$-Pa{E=I!$9@gget`vL3v4-"
        "D_)`ug(g`|Ak*_YM0K4Dtm4?)3cu{`U^{CkYGq5Bu}=2N2}@00iOY1NbHE2pt6$2N)3p2L}-D4FC!Q6%Fhb3kwMf1?>_4^Z)Pn`0(ld`uYp~"
        "1R3u53+DO)>GA0f?)~LBC+7<w4hsnP^8*Os2^0bn`u`>w021-~{|);N1N`?10|xf{@&4@Y4+bqL3>y{&@fi>O0Q(9EAruA-_4EP+2r2dj2KU"
        "Ya3>F&k5ETUk_y-Z>2nPq^2=@R5_B0U(3^EA&@(BSP_XZFK|3DK7`R@c22=C+T<P7lq2Lj*n>;?_;^bRE!=LZB57xVe{-R&C(_VfSw`wRN`_"
        "Wu9)1L+U|2JY?R=HB%b4(R$M|Ns2?@gEBv^a1+<7%}$x0wMAB1oZ|JEHnQ37V-Y;MG5c!2J$5c{rce*<0}@~`wj#35+D5h-{%e{4-o|T9smO"
        "Z^%esM{`}P!{M!UM^$q9q72*N^5C+>02l)#6^V`w$^y=~g58wV0(JA%#1MD9H^6CE;2Nn1w2?_xV6F&MI{`3L-Ch_12_0jeW4FUrH^Ck=r_#"
        "gl7AqoWY3gz+b@)!R32KosH2^0(X903L-6BYyY>GJ0U+~x}PAoAw|{_Xk=2Hyky*a{K>^#%C#-3sgs`v?RF@eTwA`1Rud1_&Pb?Bf&y2>bp1"
        "2N(SK6fOk@>-rHB7ycjN|N0^W01Wf?{S^EU1q&GO6a4b``1mIE0rV&b0Sx*883P3P0q-99=nNet^!ybe?I!sH>iYcr0__6|<M!?L@c0=J{QU"
        "~(2>|#4`~3^_1{nV78tV7t_5KP1KmY*;6%XtP<^li$3=|IT2>a>z0rCF>2;B<u`2YYH0ty2Q{QUd`1@HYO0Sxa7_4D=g4F2Zy?FRbp=;`Gn_"
        "4qae3)(0a4B7th2l5aI_xbt*`279y`|}_K_3Qil@bCxy"
    ),
    "cl100k": (
        "00ATq0|W`^2KN8e<m~ME?FIk}^$ZRN2KVgd=>hHj85;uO`wIdJ^Y;Mq{qP0){r3s-1Mds@|N9g5^Ar6>7y%ap^Zg1F{_76&`tb4s+U5Q1==0"
        ";s?cxXf>;Loe2mSm20toIF1`YTI8SV-m`x*BF?d0(g=ivkV4hr)E=JE9dJmK5w_b?9p5(~Wg?Is5UEcg)TFZNss)+hfF`0@|_{vi6~4FB)t7"
        "X$w?_VVlu#}5Mm6DcVg{3OyG{0jRI72N?I6EprL>*)&O{OIEp=Hmkz`3DdB_X8>j2@>?{2M+WP3<>}Z`2Yv%`vnLNANcO{{to>H3i;ys_7M>"
        "d7UCQK_7m~l3J(!N%Ifq71riG52Obvm8WAY}{@m{87Y!334*c{P{QL3$3HLPi^8WDm{RsT_4&VUw_4xYy<lO}9{t4gZ77^eD2O;(a`2ha-;O"
        "p=L1nmX;0QM9J3jFT>@B$YX>;5SA`|h?65%~!L`2FVzCjGn>!t?X^?D-$~{`UU>-UATr`u*=D2>b2r2?hD{3HlV`><1$V`SkAo-aG&m_WTnQ"
        "AnqI?`V;`~5a{v!66_EG_xtVR{@?8F0PgtP|Mui0{t)g6FeKvs@BIPx76Je7@cj+`>frVO5dZf9_6q+TDDx!`4*&lF`1cL(6$%vl_6zpf?Y8"
        "v*06`8B^6KsN=FR`~3+@;T?e_QX2owa?-y87b>>1$+^YZ8Q{SpuV1N;;B^WXXK`sM2A{SFK6;Ufd-^7{Dq<0{}41L6<+0|Y1n1_lBb^U>(AA"
        "wt{wAQJ@u?eO*F;Rpic^Z^7H;VKsV4Dk*R-w*le^W_Km^!Whw`UV5??d<023k3rJ{2AN=2LTlk1^N{y{rl|e>JJ6|2n8|v`vC{~>GSvU_VNx"
        "z{So&F^bhp|{`L6!_5lg=DK7K#1p@r(0qF1$#0&`u-SqMZ-3bsF<n9FX@cHrf@c;R>3F6x3E%6H2=>9AC|NkNk0OtVq0q^ws2>$i??G6(U2j"
        "T?!@#OFU+6?gQ`V1Hd00|cv`3npX1o`#n`Xvhn1qu!6Cl>Yf1o|B#^y~fm_~YK|@aF#I4ENyY^8WPf>+1sO>+cNV<NEjuLG}V7;@k@5^xgLc"
        "^#AY#=ouK~^!4fL_U;Qh2lVaj_8|BF@>Un}@#h&B5$*-<1qB7}3<?j}3HSu_8U+g%76TFp2p;+X3@7*p^9&O<5BdWh{RSZN8we-;^Z@Pv`6w"
        "m_>ns!O3HT8R3lb3a1QF~B0QoQ&==%{C8x#%n-}?q2{^cp;`!@q63hnC#6b|PB9t!{l4e<XU@f#Wx8RGRB9m3-j2J<Za`1>E|2?qt=3kDbW{"
        "SgQK`1ktu=?V=E?)?h({PZ6Q|M(&7?(+ls@Coh$2l?(D-~$Tx0qG78{|*fo7X}al`1uU+@$&fd0SxRE^%?K`0P{5p=p5k$5=jO179I=c;r!_"
        "W?B($1_u=g3^W*IZ@dN7o>gWCZ;olngL-zLe6Ak_T;Ryi-10fw30U7fM1MU$6?D+Ka{r(#G_uTo{2>9;I|Lo`F5)=sj{R0LS1@;gF85RBb-3"
        "0Ix`UKSc1oG?&>H8i7=jsC({^b(~C-LP1_4-BY8u=Rt>j3Wa=Iia}<OUTA;s-0>*X9B6@aE?G?Bv<$<LWK&<@53h4Gs7F0`lqU_~`KY4Db@^"
        "`ugk{*Y5b<^z;7q&mRl}0tqV-3ibscDl-Tl1nmdy2mKlT2vFwh;s@dH`4$Qp6#OUl`0@Ym{P`dN@cZ@f3KB2#?dJ^m^!xxD;uZtx4FmZ71N0"
        "OA_#E@?`U?Hz_5~XK1n%?o2=ol=*whFA<Pl8%2ps?${3$Cn`4$is11}sH5A^yN{}3nm^e+(O=uqVj5*rQT`vV^K6hj>Q`}_zl1pfr|A|%`Z2"
        "Q1_u6)X?(6Z8k^^!N%7_xb}21^xsE`1KDU`1ADz*ZC6|0teR?`ta%y7XA(F5ElRf-3H*+{tM&t@B19?_SE+M?g8Z00Tl%v`0fAn0to>W^8X6"
        "u?Enq&2>>kp2lVa+{0aIF4D0{v?hXm_4+8(~2?qc83iSdE2Mz)v3;r7I2@??i2=@>w4-*Lu`2+;}4h!-C5B~=z{1^D%5$Ea&^Car;4Gr(^`w"
        "}4q-8Bs!;rlG~(g@<z1Q-nh^8Nkh{2mGz-UAQ+AN3Ir{s8v>`4$B51NZLw`uh&`?gatw^Y;1T8w&y%1nK$}{u1v4`T`C37WL`~`VJco@c;%1"
        "5*IHH@BISz1p^EZ2J!##0Tlfk>H7Ht_73d%0qgty^7iQG?DF&x;SU1n2!0yg1pDRU@$&-x81wq=|Mds-0pivC`u7a*+wbl03iJlh3kLPx2mA"
        "B%`se5T>-X*l01*HO_WJ1=`U3X?=Meq}00Ra01NsOV0Q>$9^6>Nz_Wue81N8Xx^cMvD-va;j@&V}s`}646{P67s>;d!v=;;9c8RYET{_OiG`"
        "wI^lNEiec75(@#_v+;1_TcE?@ZbsC8u9ba><KCH3=IPH1p@~f7a9f_@bd@d3IgvA1nUL?==l)&0Oj%c7Ul*C8vX4k01*)w5%U}k`v(dv1^f^"
        "z?FJkA9SGwr4E`GN>;gpX4C(>{;U5j=^ZN4f6668r?(^;<1n1ND0{#F19sT|c0_X+#>KXa~@c`ZXLgE4C^X>-0{`m|92Kev={Tc-C?DYv3`u"
        "hO`0ssZ(A^!s$@Dlw0_y_Lx^6~=j`Uex{2=yBu1`GBAC>Ie>_b?>}?m81TOBEyZ1Lr38E;8-`_!IZ@8}<S22JHa!+VBzs<MRvX{P6Mt{1f#C"
        "3C8>N-75VB{tNg12kYni_UHZO0|^8E=luKJ`vvd(`Sl_PJOl;z^ziEG-2?LT0^kDv3;Z6^3JL%L{rDXJ0vsUe_6h1FGx;$N3nLCT9taNt-$e"
        "Wu5eX_L9{Mcp=>H!U^#TF%{sQ&i?)VK0^zskl=l2rlDhl`l?iv5^0O|G>2l@RQ5+E=D4g?PH@8{tO1?v9n{qF1M4gc@@3-<yE_2nxU2ony@>"
        "+27}_yFwy67~ZF0vZ+&1^M&$@e}|X{_64Y{P+ME@#*sU{sjyPA`bcx0{i?C4f6%r{QC9(9R>gg`ThVx<L(R>{O|49ASeaWCk_M#An)=64-5I"
        "?@aYNR-~Q9<_X7(52Q>Hw`qBFS?c59w-tp=7=GO-7&H?l8_zoBXB>e;W4&nLk@BQ@X=L!q|8u$(Q#_9(H=HM{=9TNK=2jut@>LEwb^aVpF0Q"
        "dm-7wq)l0pM;E%IWU({tf^u`wa5?2IlVp^yBX101)pR3H$u?>ht^S1nLF^_3Z};2lWdQ+7tNx1N8Cv_~-5q{`3Co?fL---va9t?)%{6<rL}$"
        "4<F|N@fG3)`vA}I1PJr}=JE9L;P&$0;`Zkh_5Kym^#TLe4hs+z01pNC1m*zx{rdPI2K~bB1>F+^Gw|vc^Zx4><mlw$>E!e5^z#4t?F{Je?d<"
        "&K?(ysGFahxj`2!#Q_UZTd^7<+Q>-Q7#`wH*|{?y|O{1YD#0qz9`6aE?&Fbx3B?*;Jd`SQ&b;`jpR2<rm@2Iv{${xH%3_47a8PX*@Q8{*gV8"
        "~GFS)g|8k4j~l}@6reX=@JM55gGdd{2dtQ_Vf5C>*VeV^92X);tT5e599*m1MV34_AVP5%KG;d_U--k1v3j2_6H03_TlpA{q+F;{{sB-=iB!"
        "98w3+04fy>03IFj50|^=A6zmN96afzb?C13m?Cc8e@%#A~`rzO8?KBAZ5AE#+{QL0q|M3ka3+)8z@Bs`E0Q~#{{uB%V|NY|f>;>)W1okEp^7"
        "at^`snf-`~vI=`4#ctDku;jCI<Ep0S)}+^b6+m<^Spb3-#*z?)(Gw*8ctO0si<SL-*<W?dc2s;m#`k_#yoX*#-dc021;R*BJ%*6d@}j3IQ7Q"
        "`raWH>GA&vFbmW14&UVo@96a#`uq9m8U*tR4g?z(?jr*E>nr&V4)7)d>jf9x9`qOVA^axU7$6WMB@hBS{m<z3&;bMS@$>)!4f*Kq?)>%-_UG"
        "Q=?*RGy0ub8w_25Gi3-|aO4;&698wKt1?F9M_^Aap6DE|%>1^5CV{O<K73^oVy3kU!B`|b4s1@RLV=-U4e5E}RN{~iAA`_}pb>=xM!@ABp24"
        "HhHw`1u_N`33ju;Qa;?(+4f@BL(df_vhm08PE*m@c#Vo`uhg~9{UFI`~(^N8U7Fa=oSYI13c}~`sU{%ANx8A{R`gU65sUiL<<M?4iowE3<~2"
        "FI0H&2_3a(x_QDAh?HWY&2L<r;3r6-n?FRq^0u==WBJTcO?&Pxu?yL#z@CFj!`WOc7<0Iw?2=x^d2=o39GXLroy#g#j<O1^3@EH#9_6W-n5&"
        "`Ji=n3iY7vc63{}b^L5c~oG?(+E$0q_(791I2a5eD=B3J&}f>i`Gd^W8-76(9o+AQlV?0RH~*=<oah92Ef<`VkKc9N!59^#=Ly?dkgM<@pin"
        "_zwUF4&(Ov>f`1Q@bKOxHRAdP7xw?}>=GZ-`33t7^Y<Da{0H&n{{i<D{O<%K`VR8}=>!|z8TlI~3=J3kA0-e25dI4O9v1Qm^y)DB215P`2Kn"
        "CZ2{tMEGYa_o<pmD^1s4b9<|qdX_!9sn5mXiM<{S+%<rE<g{yi8K0pt-97V-G{;2P@r5(g9O1O5CA(-9;F<t_*k8u<bd<?|X5-T4C$|M~I&0"
        "1fQv@b?n(@4?;O>&p@t5yQm~5%mJ#@(u|m!~6W~0}S-*1~~cw;o9#WDH`<k8r%@pIsx|c^vWgh3GwO-_f!$T4FmJ-6CMrr-2Ejp6aeJy5efA"
        "b`U4gQ@d5S@{qF@;=^Fd`0o4B$B>>*}4HPC50P)N8>&f&D3D*4*!!8T^1m`jH_YU#^0}}!*0UGiL9|rIi0`=Yd6aU%(@x#*-3-kc{^DY7@>H"
        "7ob9T5HZ`PTFh-yaP4|LX$>1RNLrBKZzR0RtQd?f&Tr*Z%$mI}7nF@b&EvHP{gM@)i2-;Rfvy@Bro$3k4Gd^b+j$=?CTY1rH(o_UI`35%&xK"
        "1{mn`7DD_K>IVD^GY&5Q1_=@p^9=Um1QQY+4i^vZ74`Z6@d6MA0r3^{4hZ`n4E+N82k#c`^$8C_{sizy0}U7r0s!~#@%sk>=Hu@3=?EL}00A"
        "cK7Z3&W0{i^@2pR<W4d?OR1QzcED<%E>3KOpP)AauN0q+y;2?FBr{pR=(_vQrYD<cCB2rLm46z=`@2od!i4Ep>6`1be){_*hY?gH`h(B|JS1"
        "M@-z^y3C43D5WI|L_k9^7;7?`1=6%^z|kO>+S3O=k*c%"
    ),
}
