# SPDX-License-Identifier: BSD-2-Clause
# Threads, processes, signals, many libraries.
import threading,subprocess,os,signal,hashlib,sqlite3,ssl,json,time,multiprocessing
def w(i):
    for _ in range(20): hashlib.sha256(os.urandom(1000)).hexdigest()
    return subprocess.run(["echo",str(i)],capture_output=True).stdout
r=[]
ts=[threading.Thread(target=lambda i=i:r.append(w(i))) for i in range(16)]
[t.start() for t in ts];[t.join() for t in ts]
print(sorted(r)==sorted(str(i).encode()+b"\n" for i in range(16)))
def f(x): return x*x
if __name__=='__main__':
    with multiprocessing.Pool(4) as p: print(sum(p.map(f,range(100))))
    signal.signal(signal.SIGALRM,lambda *a:print("alarm")); signal.alarm(1); time.sleep(1.2)
