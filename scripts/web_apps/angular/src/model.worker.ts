import "smart-home/worker";
